package ai.vernier.bench.accuracy;

import ai.vernier.data.Batch;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import java.util.List;
import java.util.Map;

/// Samples that are complete inputs of one run each, of whatever shapes.
record FeedSource(List<Map<String, TensorData>> feeds) implements SampleSource {
    FeedSource {
        feeds = List.copyOf(feeds);
    }

    @Override
    public List<String> inputNames() {
        return List.copyOf(feeds.getFirst().keySet());
    }

    @Override
    public long size() {
        return feeds.size();
    }

    @Override
    public int maxBatch() {
        return 1;
    }

    @Override
    public Batch read(long first, int count) {
        if (count != 1) {
            throw new IllegalArgumentException("one run at a time, asked for " + count);
        }
        return new Batch(first, 1, feeds.get(Math.toIntExact(first)));
    }

    @Override
    public void close() {
        // Nothing but memory is held.
    }
}
