package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.pipeline.Forward;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Something a network can be good or bad at: data to calibrate on, data to judge by, and the judgement.
interface Task {
    /// Calibration samples, prepared as the network takes them.
    ///
    /// @param network the float network, for those whose inputs are their own earlier outputs
    SampleSource calibration(Forward network) throws IOException;

    /// What `network` answers to the evaluation data, run by run, in an order that is always the same. A network with
    /// states is handed its own.
    List<Map<String, TensorData>> outputs(Forward network) throws IOException;

    /// What the answers are worth; the measures and their order are always the same.
    List<Measure> measures(List<Map<String, TensorData>> outputs) throws IOException;

    /// How often two answers to the same question decide alike; nothing where there is nothing to decide.
    default Agreement agreement(Map<String, TensorData> reference, Map<String, TensorData> other) {
        return Agreement.of(first(reference), first(other));
    }

    /// The output that decisions are read from.
    static TensorData first(Map<String, TensorData> outputs) {
        return outputs.values().iterator().next();
    }

    /// The output called `name`.
    static TensorData output(Map<String, TensorData> outputs, String name) {
        return Objects.requireNonNull(outputs.get(name), name);
    }
}
