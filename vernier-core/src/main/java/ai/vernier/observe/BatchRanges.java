package ai.vernier.observe;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The range of every batch, in the order of the data: a method that depends on the order of batches by
/// its definition (a moving average) then sees that order, whatever order they were computed in.
///
/// Merging is associative and commutative; [#EMPTY] is neutral. Takes some tens of bytes per batch, so it
/// is collected only where a method asks for it.
///
/// @param batches ranges by the index of the batch's first sample; two parts of one batch merge
public record BatchRanges(SortedMap<Long, Range> batches) {
    /// No batches.
    public static final BatchRanges EMPTY = new BatchRanges(new TreeMap<>());

    public BatchRanges {
        batches = Collections.unmodifiableSortedMap(new TreeMap<>(batches));
    }

    /// One batch that begins with sample `first`.
    public static BatchRanges of(long first, Range range) {
        return new BatchRanges(new TreeMap<>(Map.of(first, range)));
    }

    public BatchRanges merge(BatchRanges other) {
        TreeMap<Long, Range> merged = new TreeMap<>(batches);
        other.batches.forEach((first, range) -> merged.merge(first, range, Range::merge));
        return new BatchRanges(merged);
    }
}
