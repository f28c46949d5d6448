package ai.vernier.calibrate;

import ai.vernier.onnx.Model;
import ai.vernier.quant.Encoding;
import ai.vernier.recipe.Plan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// A prepared float model with its plan and the calibrated grid of every planned tensor: activations, weights and
/// biases alike, by tensor name.
public record QuantizedModel(Model model, Plan plan, Map<String, Encoding> encodings) {
    public QuantizedModel {
        encodings = Collections.unmodifiableMap(new LinkedHashMap<>(encodings));
    }
}
