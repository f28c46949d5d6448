package ai.vernier.data;

import java.util.Iterator;
import java.util.NoSuchElementException;

/// Walks a source from its first sample to its last.
final class BatchIterator implements Iterator<Batch> {
    private final SampleSource source;
    private final int step;
    private long next;

    BatchIterator(SampleSource source, int step) {
        this.source = source;
        this.step = step;
    }

    @Override
    public boolean hasNext() {
        return next < source.size();
    }

    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Batch batch = source.read(next, (int) Math.min(step, source.size() - next));
        next += batch.count();
        return batch;
    }
}
