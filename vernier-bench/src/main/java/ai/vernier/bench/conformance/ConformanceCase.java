package ai.vernier.bench.conformance;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import java.util.List;

/// A model and what it must answer.
interface ConformanceCase {
    /// Inputs and expected outputs, in the order of the model's.
    record DataSet(List<TensorData> inputs, List<TensorData> outputs) {
        public DataSet {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }

    /// Group and name, such as `node/test_abs`.
    String name();

    Model model();

    /// Only to be asked for where every input and output is a tensor.
    List<DataSet> dataSets();
}
