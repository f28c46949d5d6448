package ai.vernier.data;

import java.util.List;
import java.util.Objects;

/// A stretch of another source.
record RangeSource(SampleSource whole, long first, long size) implements SampleSource {
    RangeSource {
        Objects.checkFromIndexSize(first, size, whole.size());
    }

    @Override
    public List<String> inputNames() {
        return whole.inputNames();
    }

    @Override
    public int maxBatch() {
        return whole.maxBatch();
    }

    @Override
    public Batch read(long start, int count) {
        Objects.checkFromIndexSize(start, count, size);
        return new Batch(start, count, whole.read(first + start, count).inputs());
    }

    @Override
    public void close() {
        whole.close();
    }
}
