package ai.vernier.quant;

import java.util.Arrays;
import java.util.function.Consumer;

/// Which elements of a row-major tensor share a scale: maps elements to granules, numbered as [Encoding]
/// numbers them (0 per tensor; the channel; for groups row-major over the dimensions with the grouped
/// axis divided by the group size, rounded up).
public final class Granules {
    private final int outer;
    private final int extent;
    private final int inner;
    private final int groupSize;
    private final boolean sharedByOuter;

    private Granules(long[] dims, int axis, int groupSize, boolean sharedByOuter) {
        if (axis < 0 || axis >= dims.length) {
            throw new IllegalArgumentException("axis %d of a tensor %s".formatted(axis, Arrays.toString(dims)));
        }
        this.outer = product(dims, 0, axis);
        this.extent = Math.toIntExact(dims[axis]);
        this.inner = product(dims, axis + 1, dims.length);
        this.groupSize = groupSize;
        this.sharedByOuter = sharedByOuter;
    }

    private static int product(long[] dims, int from, int to) {
        long product = 1;
        for (int i = from; i < to; i++) {
            product = Math.multiplyExact(product, dims[i]);
        }
        return Math.toIntExact(product);
    }

    /// The granules of a tensor of `dims` (fewer than 2^31 elements) under `granularity`.
    ///
    /// @throws IllegalArgumentException where the axis is not one of the tensor's
    public static Granules of(long[] dims, Granularity granularity) {
        return switch (granularity) {
            case Granularity.PerTensor() -> {
                long[] flat = {product(dims, 0, dims.length)};
                yield new Granules(flat, 0, Math.max(1, Math.toIntExact(flat[0])), false);
            }
            case Granularity.PerChannel(int axis) -> new Granules(dims, axis, 1, true);
            case Granularity.PerGroup(int axis, int size) -> new Granules(dims, axis, size, false);
        };
    }

    /// How many granules the tensor has.
    public int count() {
        if (sharedByOuter) {
            return extent;
        }
        return Math.multiplyExact(Math.multiplyExact(outer, groups()), inner);
    }

    private int groups() {
        return Math.ceilDiv(extent, groupSize);
    }

    /// Consecutive elements whose granules are known: element `start + i` belongs to granule `granule + i
    /// · step`.
    ///
    /// @param step 0 where all share one granule, 1 where each has the next
    public record Run(int start, int length, int granule, int step) {}

    /// Hands over every element exactly once, in order, in runs as long as possible.
    public void forEachRun(Consumer<Run> visitor) {
        if (sharedByOuter) {
            forEachChannelRun(visitor);
            return;
        }
        for (int o = 0; o < outer; o++) {
            for (int group = 0; group < groups(); group++) {
                visitGroup(visitor, o, group);
            }
        }
    }

    private void forEachChannelRun(Consumer<Run> visitor) {
        if (inner == 1) {
            for (int o = 0; o < outer; o++) {
                visitor.accept(new Run(o * extent, extent, 0, 1));
            }
            return;
        }
        for (int row = 0; row < outer * extent; row++) {
            visitor.accept(new Run(row * inner, inner, row % extent, 0));
        }
    }

    private void visitGroup(Consumer<Run> visitor, int o, int group) {
        int first = group * groupSize;
        int last = Math.min(first + groupSize, extent);
        int granule = (o * groups() + group) * inner;
        if (inner == 1) {
            visitor.accept(new Run(o * extent + first, last - first, granule, 0));
            return;
        }
        for (int position = first; position < last; position++) {
            visitor.accept(new Run((o * extent + position) * inner, inner, granule, 1));
        }
    }
}
