package ai.vernier.calibrate;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.recipe.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Whether the initializers that a plan quantizes can be: float32, every value finite.
final class WeightCheck {
    private WeightCheck() {}

    /// @throws InvalidInputException where values are NaN or infinite, naming all such initializers
    /// @throws UnsupportedModelException where an initializer is not float32
    static void check(Model model, Plan plan) {
        List<String> problems = new ArrayList<>();
        Map<String, TensorData> initializers = model.graph().initializers();
        for (String tensor : plan.quantized()) {
            if (initializers.containsKey(tensor)) {
                check(tensor, initializers.get(tensor), problems);
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
    }

    private static void check(String name, TensorData weight, List<String> problems) {
        if (weight.dataType() != DataType.FLOAT) {
            throw new UnsupportedModelException(
                    "initializer '%s' is %s; only float tensors can be quantized: convert the model to float32, or exclude the tensor"
                            .formatted(name, weight));
        }
        float[] values = weight.toFloats();
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                problems.add("initializer '%s' %s: element %d is %s, expected finite numbers; repair the model"
                        .formatted(name, weight, i, values[i]));
                return;
            }
        }
    }
}
