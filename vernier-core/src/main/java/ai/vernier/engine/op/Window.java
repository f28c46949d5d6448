package ai.vernier.engine.op;

import java.util.Arrays;

/// The geometry of a convolution or pooling window, one number per spatial axis.
///
/// @param autoPad NOTSET, VALID, SAME_UPPER or SAME_LOWER
@SuppressWarnings({"ArrayRecordComponent", "ReferenceEquality"}) // never compared
record Window(long[] kernel, long[] strides, long[] dilations, long[] begins, long[] ends, String autoPad) {
    static Window of(NodeView node, long[] kernel) {
        int rank = kernel.length;
        long[] pads = node.integers("pads", new long[2 * rank]);
        return new Window(
                kernel,
                node.integers("strides", filled(rank, 1)),
                node.integers("dilations", filled(rank, 1)),
                Arrays.copyOfRange(pads, 0, rank),
                Arrays.copyOfRange(pads, rank, 2 * rank),
                node.text("auto_pad", "NOTSET"));
    }

    static long[] filled(int length, long value) {
        long[] result = new long[length];
        Arrays.fill(result, value);
        return result;
    }

    int rank() {
        return kernel.length;
    }

    /// The same window with its padding worked out for an input of these spatial extents: SAME keeps ⌈size / stride⌉
    /// outputs, the odd element of padding going to the end (UPPER) or the beginning (LOWER).
    Window resolved(long[] spatial) {
        if (autoPad.equals("NOTSET")) {
            return this;
        }
        long[] first = new long[rank()];
        long[] last = new long[rank()];
        for (int i = 0; i < rank() && autoPad.startsWith("SAME"); i++) {
            long outputs = Math.ceilDiv(spatial[i], strides[i]);
            long total = Math.max(0, (outputs - 1) * strides[i] + extent(i) - spatial[i]);
            first[i] = autoPad.equals("SAME_LOWER") ? total - total / 2 : total / 2;
            last[i] = total - first[i];
        }
        return new Window(kernel, strides, dilations, first, last, "NOTSET");
    }

    /// Input elements that the window spans along axis `i`.
    long extent(int i) {
        return (kernel[i] - 1) * dilations[i] + 1;
    }

    /// Whether both windows move, pad and spread alike.
    boolean sameSteps(Window that) {
        return this == that
                || (Arrays.equals(strides, that.strides)
                        && Arrays.equals(begins, that.begins)
                        && Arrays.equals(dilations, that.dilations));
    }

    /// Output elements along axis `i` for `size` input elements.
    long outputs(int i, long size) {
        return (size + begins[i] + ends[i] - extent(i)) / strides[i] + 1;
    }

    boolean isSymmetric() {
        return Arrays.equals(begins, ends);
    }

    boolean isPadded() {
        return Arrays.stream(begins).anyMatch(pad -> pad != 0)
                || Arrays.stream(ends).anyMatch(pad -> pad != 0);
    }

    boolean isDilated() {
        return Arrays.stream(dilations).anyMatch(dilation -> dilation != 1);
    }

    Window unpadded() {
        return new Window(kernel, strides, dilations, filled(rank(), 0), filled(rank(), 0), "NOTSET");
    }

    /// The window of a one-dimensional operator, seen as one of height 1 in two dimensions.
    Window lifted() {
        return new Window(
                lift(kernel, 1), lift(strides, 1), lift(dilations, 1), lift(begins, 0), lift(ends, 0), autoPad);
    }

    private static long[] lift(long[] values, long first) {
        return new long[] {first, values[0]};
    }
}
