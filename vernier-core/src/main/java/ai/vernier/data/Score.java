package ai.vernier.data;

/// A metric's sum over samples. `value = sum / samples`, and sums of disjoint samples add up.
///
/// @param metric the metric's name
/// @param sum of the samples' scores; for top-k the number of hits, which is exact
/// @param samples number of samples judged
public record Score(String metric, double sum, long samples) {
    /// Nothing measured yet.
    public static Score none(String metric) {
        return new Score(metric, 0, 0);
    }

    /// Mean over the samples, 0 … 1 for top-k; NaN where there were none.
    public double value() {
        return sum / samples;
    }

    /// The score over the samples of both.
    ///
    /// @throws IllegalArgumentException where the metrics differ
    public Score merge(Score other) {
        if (!metric.equals(other.metric)) {
            throw new IllegalArgumentException("cannot merge %s with %s".formatted(metric, other.metric));
        }
        return new Score(metric, sum + other.sum, samples + other.samples);
    }
}
