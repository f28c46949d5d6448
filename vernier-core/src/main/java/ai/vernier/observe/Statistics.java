package ai.vernier.observe;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// What one pass over the data tells of every requested tensor.
///
/// Merging is associative and commutative up to the order of the tensors; [#EMPTY] is neutral. Statistics
/// of parts of the data, in any grouping, merge to the statistics of the whole, bit for bit.
///
/// @param samples samples seen
public record Statistics(long samples, Map<String, TensorStatistics> tensors) {
    /// Nothing seen.
    public static final Statistics EMPTY = new Statistics(0, Map.of());

    public Statistics {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /// What is known of `tensor`; [TensorStatistics#EMPTY] where it was never seen.
    public TensorStatistics tensor(String tensor) {
        return tensors.getOrDefault(tensor, TensorStatistics.EMPTY);
    }

    public Statistics merge(Statistics other) {
        Map<String, TensorStatistics> merged = new LinkedHashMap<>(tensors);
        other.tensors.forEach((tensor, statistics) -> merged.merge(tensor, statistics, TensorStatistics::merge));
        return new Statistics(samples + other.samples, merged);
    }
}
