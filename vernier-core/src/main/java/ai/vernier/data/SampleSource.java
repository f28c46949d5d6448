package ai.vernier.data;

import ai.vernier.onnx.TensorData;
import java.util.List;
import java.util.Map;

/// Samples in a fixed order, read from their files batch by batch: memory is one batch, however many
/// samples there are.
///
/// Safe for use by several threads. Closing releases files; batches already read stay valid.
public interface SampleSource extends AutoCloseable {
    /// Samples held in memory, axis 0 of every array counting them and feeding axis 0 of its input.
    ///
    /// @throws IllegalArgumentException where the arrays disagree on the number of samples or there is none
    static SampleSource of(Map<String, TensorData> arrays) {
        return new TensorSource(arrays);
    }

    /// Samples held in memory for a model, checked, converted and fed as [DataSources] does with a `.npz`: also to
    /// inputs without a batch axis, a state `[2,1,128]` from `[samples,2,1,128]` and a scalar from `[samples]`.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException with every name, type and shape that does not fit
    static SampleSource of(Map<String, TensorData> arrays, ModelInputs inputs) {
        return DataSources.held(arrays, inputs);
    }

    /// Names of the model inputs that every batch feeds, in the model's order.
    List<String> inputNames();

    /// Number of samples.
    long size();

    /// The most samples that one batch may hold: what the model fixes, 1 where an input has no batch axis.
    default int maxBatch() {
        return Integer.MAX_VALUE;
    }

    /// Samples `first` … `first + count − 1`, checked and converted to what the model takes.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where the data is unusable: file, sample and
    ///     element are named
    /// @throws IndexOutOfBoundsException outside of 0 … size
    Batch read(long first, int count);

    /// All samples in order, `batchSize` (or [#maxBatch], if that is less) at a time; the last batch
    /// may be shorter. Each iteration reads the files anew.
    default Iterable<Batch> batches(int batchSize) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch size " + batchSize);
        }
        int step = Math.min(batchSize, maxBatch());
        return () -> new BatchIterator(this, step);
    }

    /// Samples `first` … `first + count − 1` of this source, renumbered from 0; closing it closes this
    /// source.
    ///
    /// @throws IndexOutOfBoundsException outside of 0 … size
    default SampleSource range(long first, long count) {
        return new RangeSource(this, first, count);
    }

    /// The first `count` samples, or all where there are fewer; closing it closes this source.
    default SampleSource limit(long count) {
        return count >= size() ? this : range(0, count);
    }

    @Override
    void close();
}
