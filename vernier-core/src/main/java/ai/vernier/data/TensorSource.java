package ai.vernier.data;

import ai.vernier.onnx.TensorData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Samples held in memory; batches are views.
final class TensorSource implements SampleSource {
    private final Map<String, TensorData> arrays;
    private final long size;

    TensorSource(Map<String, TensorData> arrays) {
        this.arrays = new LinkedHashMap<>(arrays);
        List<Long> sizes =
                arrays.values().stream().map(array -> array.dim(0)).distinct().toList();
        if (sizes.size() != 1) {
            throw new IllegalArgumentException("the arrays hold different numbers of samples: " + arrays);
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
        arrays.forEach((name, array) -> inputs.put(name, rows(array, first, count)));
        return new Batch(first, count, inputs);
    }

    private static TensorData rows(TensorData array, long first, int count) {
        long rowBytes = array.sizeBytes() / array.dim(0);
        long[] dims = array.dims();
        dims[0] = count;
        return TensorData.ofBytes(array.dataType(), array.bytes().asSlice(first * rowBytes, count * rowBytes), dims);
    }

    @Override
    public void close() {
        // Nothing but memory is held.
    }
}
