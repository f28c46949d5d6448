package ai.vernier.observe;

/// What is known of one tensor's values: the exact range always, the rest where it was asked for.
///
/// Merging is associative and commutative; [#EMPTY] is neutral.
public record TensorStatistics(Range range, BatchRanges batches, Histogram histogram) {
    /// Nothing seen.
    public static final TensorStatistics EMPTY = new TensorStatistics(Range.EMPTY, BatchRanges.EMPTY, Histogram.EMPTY);

    /// All statistics of `values`, finite and in one batch.
    ///
    /// @throws IllegalArgumentException where a value is NaN or infinite
    public static TensorStatistics of(float... values) {
        Range range = Range.of(values);
        return new TensorStatistics(range, BatchRanges.of(0, range), Histogram.of(values));
    }

    public TensorStatistics merge(TensorStatistics other) {
        return new TensorStatistics(
                range.merge(other.range), batches.merge(other.batches), histogram.merge(other.histogram));
    }
}
