package ai.vernier.pipeline;

import ai.vernier.onnx.TensorData;
import java.util.Map;

/// One run of a model, whoever executes it: the engine, the simulation or ONNX Runtime.
public interface Forward {
    /// Runs the model once.
    ///
    /// @param inputs every required input by name
    /// @return every output by name, in the model's order
    Map<String, TensorData> run(Map<String, TensorData> inputs);
}
