package ai.vernier.data;

import ai.vernier.onnx.TensorData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Samples held in memory; batches are views.
final class TensorSource implements SampleSource {
    private final Map<String, HeldArray> arrays = new LinkedHashMap<>();
    private final long size;

    TensorSource(Map<String, TensorData> tensors) {
        tensors.forEach((name, tensor) -> arrays.put(name, new HeldArray("array '%s'".formatted(name), tensor)));
        List<Long> sizes =
                arrays.values().stream().map(HeldArray::size).distinct().toList();
        if (sizes.size() != 1 || sizes.getFirst() == 0) {
            throw new IllegalArgumentException(
                    "axis 0 of every array counts the same samples, one or more; found " + tensors);
        }
        this.size = sizes.getFirst();
    }

    @Override
    public List<String> inputNames() {
        return List.copyOf(arrays.keySet());
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public Batch read(long first, int count) {
        Objects.checkFromIndexSize(first, count, size);
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        arrays.forEach((name, array) -> inputs.put(name, array.rows(first, count)));
        return new Batch(first, count, inputs);
    }

    @Override
    public void close() {
        // Nothing but memory is held.
    }
}
