package ai.vernier.engine.op;

import ai.vernier.onnx.InvalidInputException;
import java.util.Arrays;

/// The geometry of a convolution or pooling window, one number per spatial axis.
///
/// @param autoPad NOTSET, VALID, SAME_UPPER or SAME_LOWER
@SuppressWarnings({"ArrayRecordComponent", "ReferenceEquality"}) // never compared
public record Window(long[] kernel, long[] strides, long[] dilations, long[] begins, long[] ends, String autoPad) {
    /// Kernels, steps and pads beyond this make 32-bit sums overflow in native code.
    private static final long MAX = 1 << 30;

    public static Window of(NodeView node, long[] kernel) {
        int rank = kernel.length;
        long[] pads = checked(node, "pads", node.integers("pads", new long[2 * rank]), 2 * rank, 0);
        checked(node, "kernel_shape", kernel, rank, 1);
        return new Window(
                kernel,
                checked(node, "strides", node.integers("strides", filled(rank, 1)), rank, 1),
                checked(node, "dilations", node.integers("dilations", filled(rank, 1)), rank, 1),
                Arrays.copyOfRange(pads, 0, rank),
                Arrays.copyOfRange(pads, rank, 2 * rank),
                node.text("auto_pad", "NOTSET"));
    }

    /// Native kernels trust these numbers, so that they are looked at here.
    private static long[] checked(NodeView node, String what, long[] values, int count, long min) {
        if (values.length != count || Arrays.stream(values).anyMatch(value -> value < min || value > MAX)) {
            throw new InvalidInputException("%s: %s is %s; expected %d numbers from %d to %d"
                    .formatted(node.node().label(), what, Arrays.toString(values), count, min, MAX));
        }
        return values;
    }

    public static long[] filled(int length, long value) {
        long[] result = new long[length];
        Arrays.fill(result, value);
        return result;
    }

    public int rank() {
        return kernel.length;
    }

    /// The same window with its padding worked out for an input of these spatial extents: SAME keeps
    /// ⌈size / stride⌉ outputs, the odd element of padding going to the end (UPPER) or the beginning
    /// (LOWER).
    public Window resolved(long[] spatial) {
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
    public long extent(int i) {
        return (kernel[i] - 1) * dilations[i] + 1;
    }

    /// Whether both windows move, pad and spread alike.
    boolean sameSteps(Window that) {
        return this == that
                || (Arrays.equals(strides, that.strides)
                        && Arrays.equals(begins, that.begins)
                        && Arrays.equals(ends, that.ends)
                        && Arrays.equals(dilations, that.dilations));
    }

    /// Output elements along axis `i` for `size` input elements.
    public long outputs(int i, long size) {
        return Math.floorDiv(size + begins[i] + ends[i] - extent(i), strides[i]) + 1;
    }

    /// The same window with padding at the ends such that the outputs, rounded up with `ceil`, just fit;
    /// a window that would begin in the padding behind the input is left out.
    Window covering(long[] spatial, boolean ceil) {
        long[] last = new long[rank()];
        for (int i = 0; i < rank(); i++) {
            long steps = spatial[i] + begins[i] + ends[i] - extent(i);
            long outputs = (ceil ? Math.ceilDiv(steps, strides[i]) : Math.floorDiv(steps, strides[i])) + 1;
            if (ceil && (outputs - 1) * strides[i] >= spatial[i] + begins[i]) {
                outputs--;
            }
            last[i] = (outputs - 1) * strides[i] + extent(i) - spatial[i] - begins[i];
        }
        return new Window(kernel, strides, dilations, begins, last, "NOTSET");
    }

    boolean isSymmetric() {
        return Arrays.equals(begins, ends);
    }

    /// Whether no pad is negative.
    public boolean isPadding() {
        return Arrays.stream(begins).allMatch(pad -> pad >= 0)
                && Arrays.stream(ends).allMatch(pad -> pad >= 0);
    }

    public boolean isPadded() {
        return Arrays.stream(begins).anyMatch(pad -> pad != 0)
                || Arrays.stream(ends).anyMatch(pad -> pad != 0);
    }

    public boolean isDilated() {
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
