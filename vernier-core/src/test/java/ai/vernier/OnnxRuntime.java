package ai.vernier;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.Map;

/// The independent judge.
public final class OnnxRuntime {
    private OnnxRuntime() {}

    /// The outputs of `model` as a user would compute them.
    public static Map<String, TensorData> run(Model model, Map<String, TensorData> inputs) {
        try (OrtModel runtime = OrtModel.open(OnnxWriter.toBytes(model), 2)) {
            return runtime.run(inputs);
        }
    }
}
