package ai.vernier.target;

import java.util.List;

/// What an operator does with the grids of what it reads and writes.
public sealed interface Behaviour {
    /// Sums of products of input 0 and a weight, with integer accumulators: Conv, Gemm, MatMul. Asks for grids on both,
    /// wherever they come from.
    ///
    /// @param weight index of the input that holds the weight
    /// @param bias index of the input that is added to the accumulator, or [#NO_BIAS]
    record WeightedSum(int weight, int bias, Channels channels) implements Behaviour {
        public static final int NO_BIAS = -1;
    }

    /// Computes on grids and writes an output with a grid of its own; takes part where all it reads is on a grid.
    ///
    /// @param inputs indices of the inputs that are data; the others are parameters that stay in floating point.
    ///     Empty: all are data
    record Computed(List<Integer> inputs) implements Behaviour {
        public Computed {
            inputs = List.copyOf(inputs);
        }
    }

    /// As [Computed] on input 0, with an output whose range is known beforehand.
    record FixedRange(double min, double max) implements Behaviour {}

    /// Moves, repeats or selects elements of input 0, or mixes them convexly: its output needs no grid but its input's.
    ///
    /// @param everyValue whether each value of the input is in the output too
    record MovesData(boolean everyValue) implements Behaviour {}

    /// Joins its inputs, which therefore share one grid with the output: Concat.
    record SharesGrid() implements Behaviour {}

    /// Has no integer form here.
    ///
    /// @param reason a clause that completes "stays in floating point: "
    record StaysFloat(String reason) implements Behaviour {}

    /// Which axis of a weight counts output channels.
    sealed interface Channels {
        /// A scale per channel is impossible.
        record None() implements Channels {}

        /// Negative axes count from the end.
        record Axis(int axis) implements Channels {}
    }
}
