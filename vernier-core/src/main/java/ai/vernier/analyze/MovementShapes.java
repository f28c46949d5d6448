package ai.vernier.analyze;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Shapes behind operators that move, pick, repeat or reduce elements.
final class MovementShapes {
    private MovementShapes() {}

    /// Infers the outputs of `node`; false where it is of another family.
    static boolean infer(NodeFacts node) {
        switch (node.type()) {
            case "Concat", "com.microsoft.QLinearConcat" -> concat(node);
            case "Flatten" -> flattened(node);
            case "Reshape" -> reshaped(node);
            case "Transpose" -> transposed(node);
            case "Squeeze" -> squeezed(node);
            case "Unsqueeze" -> unsqueezed(node);
            case "Slice" -> sliced(node);
            case "Split" -> split(node);
            case "Pad" -> padded(node);
            case "Expand" -> node.is(0, broadcast(node.shape(0), extents(node.elements(1))));
            case "Tile" -> tiled(node);
            case "Shape" -> node.is(0, slicedShape(node).length);
            case "Size" -> node.is(0);
            case "ConstantOfShape" -> node.is(0, extents(node.elements(0)));
            case "Range" -> range(node);
            default -> {
                return picks(node);
            }
        }
        return true;
    }

    private static boolean picks(NodeFacts node) {
        switch (node.type()) {
            case "Gather" -> gathered(node);
            case "GatherElements" -> node.is(0, node.shape(1));
            case "GatherND" -> gatheredSlices(node);
            case "OneHot" -> oneHot(node);
            case "TopK" -> topK(node);
            case "NonZero" -> node.is(0, node.rank(0), ValueFacts.OPEN);
            case "NonMaxSuppression" -> node.is(0, ValueFacts.OPEN, 3);
            case "Compress", "Unique" -> picked(node);
            case "ArgMax", "ArgMin" -> node.is(0, reduced(node, new long[] {node.number("axis", 0)}));
            case "com.microsoft.EmbedLayerNormalization" -> embedded(node);
            default -> {
                if (!node.type().startsWith("Reduce")) {
                    return false;
                }
                reduce(node);
            }
        }
        return true;
    }

    static long[] broadcast(long[] a, long[] b) {
        long[] out = new long[Math.max(a.length, b.length)];
        for (int i = 1; i <= out.length; i++) {
            long left = i <= a.length ? a[a.length - i] : 1;
            long right = i <= b.length ? b[b.length - i] : 1;
            out[out.length - i] = left == 1 ? right : (right == 1 ? left : Math.max(left, right));
        }
        return out;
    }

    static long[] counting(int count) {
        return LongStream.range(0, count).toArray();
    }

    /// Elements that are extents, open where one is not known.
    private static long[] extents(long[] elements) {
        return Arrays.stream(elements)
                .map(element -> Math.max(element, ValueFacts.OPEN))
                .toArray();
    }

    private static void concat(NodeFacts node) {
        boolean quantized = !node.node().domain().isEmpty();
        int first = quantized ? 2 : 0;
        long[] out = node.shape(first);
        int axis = node.axis("axis", 1, out.length);
        for (int i = first + (quantized ? 3 : 1); i < node.node().inputs().size(); i += quantized ? 3 : 1) {
            long[] next = node.shape(i);
            if (next.length != out.length) {
                throw new Undetermined();
            }
            out[axis] = out[axis] < 0 || next[axis] < 0 ? ValueFacts.OPEN : Math.addExact(out[axis], next[axis]);
        }
        node.is(0, out);
    }

    private static void flattened(NodeFacts node) {
        long[] in = node.shape(0);
        long axis = node.number("axis", 1);
        int split = axis == in.length ? in.length : NodeFacts.axis(axis, in.length);
        node.is(0, product(Arrays.copyOf(in, split)), product(Arrays.copyOfRange(in, split, in.length)));
    }

    private static long product(long[] extents) {
        return ValueFacts.product(extents).orElse(ValueFacts.OPEN);
    }

    private static void reshaped(NodeFacts node) {
        long[] wanted = node.node().intsAttribute("shape").orElseGet(() -> node.elements(1));
        long[] out = extents(wanted);
        boolean copiesZero = node.number("allowzero", 0) == 0;
        Optional<long[]> in = node.node().input(0).flatMap(node.values()::shape);
        int rest = -1;
        for (int i = 0; i < out.length; i++) {
            int axis = i;
            if (out[i] == 0 && copiesZero) {
                out[i] = in.filter(known -> axis < known.length)
                        .map(known -> known[axis])
                        .orElse(ValueFacts.OPEN);
            }
            rest = wanted[i] == -1 ? i : rest;
        }
        if (rest >= 0) {
            out[rest] = rest(in.map(MovementShapes::product).orElse(ValueFacts.OPEN), out, rest);
        }
        node.is(0, out);
    }

    /// What is left of `all` elements for the extent that a Reshape leaves to be found; open unless the others are
    /// known.
    private static long rest(long all, long[] out, int axis) {
        long[] others = out.clone();
        others[axis] = 1;
        long known = product(others);
        return known > 0 && all >= 0 ? all / known : ValueFacts.OPEN;
    }

    private static void transposed(NodeFacts node) {
        long[] in = node.shape(0);
        long[] order = node.node()
                .intsAttribute("perm")
                .orElseGet(() -> LongStream.iterate(in.length - 1L, axis -> axis - 1)
                        .limit(in.length)
                        .toArray());
        node.is(
                0,
                Arrays.stream(order)
                        .map(axis -> in[NodeFacts.axis(axis, in.length)])
                        .toArray());
    }

    private static void squeezed(NodeFacts node) {
        long[] in = node.shape(0);
        long[] axes = node.given("axes", 1).orElseGet(() -> ones(in));
        boolean[] gone = new boolean[in.length];
        Arrays.stream(axes).forEach(axis -> gone[NodeFacts.axis(axis, in.length)] = true);
        node.is(
                0,
                LongStream.range(0, in.length)
                        .filter(axis -> !gone[(int) axis])
                        .map(axis -> in[(int) axis])
                        .toArray());
    }

    /// The axes of extent 1, all of which an open extent hides.
    private static long[] ones(long[] in) {
        if (Arrays.stream(in).anyMatch(extent -> extent < 0)) {
            throw new Undetermined();
        }
        return LongStream.range(0, in.length)
                .filter(axis -> in[(int) axis] == 1)
                .toArray();
    }

    private static void unsqueezed(NodeFacts node) {
        long[] in = node.shape(0);
        long[] axes = node.given("axes", 1).orElseThrow(Undetermined::new);
        long[] out = PointwiseShapes.filled(in.length + axes.length, 0);
        Arrays.stream(axes).forEach(axis -> out[NodeFacts.axis(axis, out.length)] = 1);
        int next = 0;
        for (int i = 0; i < out.length; i++) {
            out[i] = out[i] == 1 ? 1 : in[next++];
        }
        node.is(0, out);
    }

    /// Attributes before opset 10, inputs since.
    private static void sliced(NodeFacts node) {
        long[] out = node.shape(0);
        long[] starts = node.node().intsAttribute("starts").orElseGet(() -> node.elements(1));
        long[] ends = node.node().intsAttribute("ends").orElseGet(() -> node.elements(2));
        long[] axes = node.given("axes", 3).orElseGet(() -> counting(starts.length));
        long[] steps = node.has(4) ? node.integers(4) : PointwiseShapes.filled(starts.length, 1);
        for (int i = 0; i < starts.length; i++) {
            int axis = NodeFacts.axis(axes[i], out.length);
            boolean open = out[axis] < 0 || starts[i] == ValueFacts.UNKNOWN || ends[i] == ValueFacts.UNKNOWN;
            out[axis] = open ? ValueFacts.OPEN : new Stretch(starts[i], ends[i], steps[i]).length(out[axis]);
        }
        node.is(0, out);
    }

    /// `start:end:step` of one axis, as Python has it.
    record Stretch(long start, long end, long step) {
        long length(long extent) {
            return step > 0
                    ? Math.max(0, Math.ceilDiv(last(extent) - first(extent), step))
                    : Math.max(0, Math.ceilDiv(first(extent) - last(extent), Math.negateExact(step)));
        }

        long first(long extent) {
            return bound(start, extent);
        }

        private long last(long extent) {
            return bound(end, extent);
        }

        private long bound(long index, long extent) {
            long counted = index < 0 ? index + extent : index;
            return step > 0 ? Math.clamp(counted, 0, extent) : Math.clamp(counted, -1, Math.max(-1, extent - 1));
        }
    }

    private static void split(NodeFacts node) {
        long[] in = node.shape(0);
        int axis = node.axis("axis", 0, in.length);
        int parts = node.node().outputs().size();
        long[] sizes = node.given("split", 1).orElseGet(() -> evenly(in[axis], parts));
        for (int i = 0; i < parts; i++) {
            long[] out = in.clone();
            out[axis] = sizes[i];
            node.is(i, out);
        }
    }

    /// The last part may be smaller.
    private static long[] evenly(long extent, int parts) {
        long size = extent < 0 ? ValueFacts.OPEN : Math.ceilDiv(extent, parts);
        long[] sizes = PointwiseShapes.filled(parts, size);
        sizes[parts - 1] = extent < 0 ? ValueFacts.OPEN : extent - size * (parts - 1);
        return sizes;
    }

    private static void padded(NodeFacts node) {
        long[] out = node.shape(0);
        long[] pads = node.given("pads", 1)
                .or(() -> node.node().intsAttribute("paddings"))
                .orElseThrow(Undetermined::new);
        long[] axes = node.has(3) ? node.integers(3) : counting(out.length);
        for (int i = 0; i < axes.length; i++) {
            int axis = NodeFacts.axis(axes[i], out.length);
            out[axis] = out[axis] < 0
                    ? ValueFacts.OPEN
                    : Math.addExact(out[axis], Math.addExact(pads[i], pads[i + axes.length]));
        }
        node.is(0, out);
    }

    private static void tiled(NodeFacts node) {
        long[] out = node.shape(0);
        long[] repeats = node.elements(1);
        for (int i = 0; i < out.length; i++) {
            out[i] = out[i] < 0 || repeats[i] < 0 ? ValueFacts.OPEN : Math.multiplyExact(out[i], repeats[i]);
        }
        node.is(0, out);
    }

    /// The extents that a Shape node hands out: opset 15 can pick a stretch of them.
    static long[] slicedShape(NodeFacts node) {
        long[] in = node.shape(0);
        Stretch stretch = new Stretch(node.number("start", 0), node.number("end", in.length), 1);
        int first = (int) stretch.first(in.length);
        return Arrays.copyOfRange(in, first, first + (int) stretch.length(in.length));
    }

    private static void range(NodeFacts node) {
        long start = node.integers(0)[0];
        long step = node.integers(2)[0];
        long span = Math.subtractExact(node.integers(1)[0], start);
        node.is(0, Math.max(0, step > 0 ? Math.ceilDiv(span, step) : Math.ceilDiv(-span, Math.negateExact(step))));
    }

    private static void gathered(NodeFacts node) {
        long[] in = node.shape(0);
        int axis = node.axis("axis", 0, in.length);
        node.is(
                0,
                Stream.of(Arrays.copyOf(in, axis), node.shape(1), Arrays.copyOfRange(in, axis + 1, in.length))
                        .flatMapToLong(Arrays::stream)
                        .toArray());
    }

    private static void gatheredSlices(NodeFacts node) {
        long[] in = node.shape(0);
        long[] indices = node.shape(1);
        int taken = Math.toIntExact(node.number("batch_dims", 0) + indices[indices.length - 1]);
        node.is(
                0,
                Stream.of(Arrays.copyOf(indices, indices.length - 1), Arrays.copyOfRange(in, taken, in.length))
                        .flatMapToLong(Arrays::stream)
                        .toArray());
    }

    private static void oneHot(NodeFacts node) {
        List<Long> out = new ArrayList<>(Arrays.stream(node.shape(0)).boxed().toList());
        long axis = node.number("axis", -1);
        out.add(Math.toIntExact(axis < 0 ? axis + out.size() + 1 : axis), Math.max(node.elements(1)[0], -1));
        node.is(0, out.stream().mapToLong(Long::longValue).toArray());
    }

    private static void topK(NodeFacts node) {
        long[] out = node.shape(0);
        int axis = node.axis("axis", -1, out.length);
        out[axis] = node.has(1) ? Math.max(node.elements(1)[0], ValueFacts.OPEN) : node.number("k", ValueFacts.OPEN);
        node.is(0, out);
        node.is(1, out);
    }

    /// How many elements are picked depends on their values.
    private static void picked(NodeFacts node) {
        long[] out = node.shape(0);
        if (!node.node().attributes().containsKey("axis")) {
            node.is(0, ValueFacts.OPEN);
            return;
        }
        out[node.axis("axis", 0, out.length)] = ValueFacts.OPEN;
        node.is(0, out);
    }

    /// Axes are an attribute, and an input in newer opsets; without them all axes are reduced.
    private static void reduce(NodeFacts node) {
        long[] axes = node.given("axes", 1).orElse(new long[0]);
        boolean all = axes.length == 0 && node.number("noop_with_empty_axes", 0) == 0;
        node.is(0, reduced(node, all ? counting(node.rank(0)) : axes));
    }

    private static long[] reduced(NodeFacts node, long[] axes) {
        long[] in = node.shape(0);
        boolean keeps = node.number("keepdims", 1) != 0;
        boolean[] gone = new boolean[in.length];
        Arrays.stream(axes).forEach(axis -> gone[NodeFacts.axis(axis, in.length)] = true);
        return LongStream.range(0, in.length)
                .filter(axis -> keeps || !gone[(int) axis])
                .map(axis -> gone[(int) axis] ? 1 : in[(int) axis])
                .toArray();
    }

    /// Ids [batch, sequence], table [words, hidden].
    private static void embedded(NodeFacts node) {
        long[] ids = node.shape(0);
        node.is(0, ids[0], ids[1], node.shape(2)[1]);
    }
}
