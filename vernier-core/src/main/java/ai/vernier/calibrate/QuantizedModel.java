package ai.vernier.calibrate;

import ai.vernier.onnx.Model;
import ai.vernier.quant.Encoding;
import ai.vernier.recipe.Plan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A prepared float model with its plan and the calibrated grid of every planned tensor: activations,
/// weights and biases alike, by tensor name.
///
/// @param notes sentences for the reader on what calibration had to do beyond the plan, such as a scale
///     it raised
public record QuantizedModel(Model model, Plan plan, Map<String, Encoding> encodings, List<String> notes) {
    public QuantizedModel {
        encodings = Collections.unmodifiableMap(new LinkedHashMap<>(encodings));
        notes = List.copyOf(notes);
    }

    /// Without notes.
    public QuantizedModel(Model model, Plan plan, Map<String, Encoding> encodings) {
        this(model, plan, encodings, List.of());
    }

    /// Whether `tensor` has a grid.
    public boolean isQuantized(String tensor) {
        return encodings.containsKey(tensor);
    }

    /// The grid of `tensor`.
    ///
    /// @throws IllegalArgumentException where it has none
    public Encoding encoding(String tensor) {
        Encoding encoding = encodings.get(tensor);
        if (encoding == null) {
            throw new IllegalArgumentException("'%s' has no grid".formatted(tensor));
        }
        return encoding;
    }
}
