package ai.vernier.data;

import ai.vernier.onnx.TensorData;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// Consecutive samples, ready to feed to a model.
///
/// @param first index of the first sample in its source, from 0
/// @param count number of samples, at least 1
/// @param inputs one tensor per model input, in the model's order; axis 0 has extent `count`, except
///     for an input without a batch axis, whose batches hold one sample of exactly the input's shape
public record Batch(long first, int count, Map<String, TensorData> inputs) {
    public Batch {
        if (first < 0 || count < 1) {
            throw new IllegalArgumentException("no batch of %d samples from %d".formatted(count, first));
        }
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    }
}
