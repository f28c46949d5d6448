package ai.vernier.target;

import java.util.List;

/// Operators that the hardware runs as one: only the output of the last is put on a grid. A chain starts with one of
/// `first` and goes on with at most one operator of each stage of `then`, in that order, along values that nobody else
/// reads.
///
/// @param biasAdd whether an `Add` of a constant may follow `first` directly, as the bias of its accumulator
public record Fusion(List<String> first, boolean biasAdd, List<List<String>> then) {
    public Fusion {
        first = List.copyOf(first);
        then = then.stream().map(List::copyOf).toList();
    }
}
