package ai.vernier.analyze;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongBinaryOperator;
import java.util.stream.LongStream;

/// Follows the elements of small integer tensors through the nodes that exporters compute shapes with: Shape, Gather,
/// Concat, Slice, Transpose, integer arithmetic.
final class IntegerElements {
    private IntegerElements() {}

    /// Notes the elements of the first output where they follow; shapes have been inferred before.
    static void infer(NodeFacts node) {
        switch (node.type()) {
            case "Shape" -> is(node, unknownWhereOpen(MovementShapes.slicedShape(node)));
            case "Size" -> is(node, ValueFacts.product(node.shape(0)).orElse(ValueFacts.UNKNOWN));
            case "Constant" -> constant(node);
            case "ConstantOfShape" -> filled(node);
            case "Range" -> range(node);
            case "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten" -> is(node, node.elements(0));
            case "Cast" -> cast(node);
            case "Gather" -> gathered(node);
            case "Concat" -> concat(node);
            case "Slice" -> sliced(node);
            case "Transpose" -> transposed(node);
            case "Split" -> split(node);
            case "Expand" -> expanded(node);
            case "ReduceProd" -> is(node, Arrays.stream(node.integers(0)).reduce(1, Math::multiplyExact));
            case "Not" ->
                is(
                        node,
                        Arrays.stream(node.integers(0))
                                .map(element -> 1 - element)
                                .toArray());
            case "Where" -> chosen(node);
            default -> arithmetic(node);
        }
    }

    private static void is(NodeFacts node, long... elements) {
        node.values().setElements(node.node().outputs().getFirst(), elements);
    }

    private static long[] unknownWhereOpen(long[] extents) {
        return Arrays.stream(extents)
                .map(extent -> extent < 0 ? ValueFacts.UNKNOWN : extent)
                .toArray();
    }

    private static void constant(NodeFacts node) {
        if (node.node().attributes().get("value_int") instanceof Attribute.IntValue(long value)) {
            is(node, value);
        } else if (node.node().attributes().get("value_ints") instanceof Attribute.IntsValue(var values)) {
            is(node, values.stream().mapToLong(Long::longValue).toArray());
        }
    }

    private static void filled(NodeFacts node) {
        long count = ValueFacts.product(node.integers(0)).orElseThrow(Undetermined::new);
        if (count <= ValueFacts.MAX_ELEMENTS
                && node.node().attributes().get("value") instanceof Attribute.TensorValue(TensorData value)
                && value.dataType().isInteger()) {
            is(node, PointwiseShapes.filled((int) count, value.toLongs()[0]));
        }
    }

    private static void range(NodeFacts node) {
        long start = node.integers(0)[0];
        long step = node.integers(2)[0];
        long count = node.values().shape(node.node().outputs().getFirst()).orElseThrow(Undetermined::new)[0];
        if (count >= 0 && count <= ValueFacts.MAX_ELEMENTS) {
            is(node, LongStream.range(0, count).map(i -> start + i * step).toArray());
        }
    }

    private static void cast(NodeFacts node) {
        Optional<DataType> to = DataType.ofNumber(Math.toIntExact(node.number("to", 0)));
        if (to.equals(Optional.of(DataType.INT64)) || to.equals(Optional.of(DataType.INT32))) {
            is(node, node.elements(0));
        } else if (to.equals(Optional.of(DataType.BOOL))) {
            is(
                    node,
                    Arrays.stream(node.integers(0))
                            .map(element -> element == 0 ? 0 : 1)
                            .toArray());
        }
    }

    private static void gathered(NodeFacts node) {
        if (node.rank(0) != 1) {
            throw new Undetermined();
        }
        long[] from = node.elements(0);
        is(
                node,
                Arrays.stream(node.integers(1))
                        .map(index -> from[NodeFacts.axis(index, from.length)])
                        .toArray());
    }

    private static void concat(NodeFacts node) {
        LongStream all = LongStream.empty();
        for (int i = 0; i < node.node().inputs().size(); i++) {
            if (node.rank(i) != 1) {
                throw new Undetermined();
            }
            all = LongStream.concat(all, Arrays.stream(node.elements(i)));
        }
        is(node, all.toArray());
    }

    /// Padding amounts are exported as a table of rows that is turned over, so slices may run along any axis.
    private static void sliced(NodeFacts node) {
        long[] extents = node.shape(0);
        long[] steps = rowMajorSteps(extents);
        long[] starts = node.node().intsAttribute("starts").orElseGet(() -> node.integers(1));
        long[] ends = node.node().intsAttribute("ends").orElseGet(() -> node.integers(2));
        long[] axes = node.given("axes", 3).orElseGet(() -> MovementShapes.counting(starts.length));
        long base = 0;
        for (int i = 0; i < starts.length; i++) {
            int axis = NodeFacts.axis(axes[i], extents.length);
            long step = node.has(4) ? node.integers(4)[i] : 1;
            base += steps[axis] * new MovementShapes.Stretch(starts[i], ends[i], step).first(extents[axis]);
            steps[axis] *= step;
        }
        strided(node, base, steps);
    }

    private static void transposed(NodeFacts node) {
        long[] steps = rowMajorSteps(node.shape(0));
        long[] order = node.node().intsAttribute("perm").orElseThrow(Undetermined::new);
        strided(node, 0, Arrays.stream(order).map(axis -> steps[(int) axis]).toArray());
    }

    private static long[] rowMajorSteps(long[] extents) {
        long[] steps = PointwiseShapes.filled(extents.length, 1);
        for (int axis = extents.length - 2; axis >= 0; axis--) {
            steps[axis] = steps[axis + 1] * extents[axis + 1];
        }
        return steps;
    }

    /// Output element (i, j, …) is input element `base + i·steps₀ + j·steps₁ + …`.
    private static void strided(NodeFacts node, long base, long[] steps) {
        long[] from = node.elements(0);
        long[] extents = node.values().shape(node.node().outputs().getFirst()).orElseThrow(Undetermined::new);
        long count = ValueFacts.product(extents).orElseThrow(Undetermined::new);
        long[] out = new long[Math.toIntExact(Math.min(count, ValueFacts.MAX_ELEMENTS))];
        for (int i = 0; i < out.length; i++) {
            long at = base;
            long rest = i;
            for (int axis = extents.length - 1; axis >= 0; axis--) {
                at += rest % extents[axis] * steps[axis];
                rest /= extents[axis];
            }
            out[i] = from[Math.toIntExact(at)];
        }
        if (out.length == count) {
            is(node, out);
        }
    }

    private static void split(NodeFacts node) {
        if (node.rank(0) != 1) {
            throw new Undetermined();
        }
        long[] from = node.elements(0);
        int start = 0;
        for (String output : node.node().outputs()) {
            int size = Math.toIntExact(node.values().shape(output).orElseThrow(Undetermined::new)[0]);
            if (size < 0 || size > from.length - start) {
                throw new Undetermined();
            }
            node.values().setElements(output, Arrays.copyOfRange(from, start, start + size));
            start += size;
        }
    }

    private static void expanded(NodeFacts node) {
        long[] from = node.elements(0);
        long count = ValueFacts.product(
                        node.values().shape(node.node().outputs().getFirst()).orElseThrow(Undetermined::new))
                .orElseThrow(Undetermined::new);
        if (from.length == 1 && count <= ValueFacts.MAX_ELEMENTS) {
            is(node, PointwiseShapes.filled((int) count, from[0]));
        } else if (from.length == count) {
            is(node, from);
        }
    }

    private static void chosen(NodeFacts node) {
        long[] conditions = node.elements(0);
        long[] yes = node.elements(1);
        long[] no = node.elements(2);
        long[] out = new long[Math.max(conditions.length, Math.max(yes.length, no.length))];
        for (int i = 0; i < out.length; i++) {
            long condition = at(conditions, i);
            out[i] = condition == ValueFacts.UNKNOWN ? ValueFacts.UNKNOWN : at(condition != 0 ? yes : no, i);
        }
        is(node, out);
    }

    private static long at(long[] elements, int index) {
        return elements[elements.length == 1 ? 0 : index];
    }

    private static void arithmetic(NodeFacts node) {
        switch (node.type()) {
            case "Add" -> combined(node, Math::addExact);
            case "Sub" -> combined(node, Math::subtractExact);
            case "Mul" -> combined(node, Math::multiplyExact);
            case "Div" -> combined(node, (a, b) -> a / b); // towards zero, as ONNX divides integers
            case "Mod" -> combined(node, Math::floorMod);
            case "Min" -> combined(node, Math::min);
            case "Max" -> combined(node, Math::max);
            case "Equal" -> combined(node, (a, b) -> a == b ? 1 : 0);
            case "Greater" -> combined(node, (a, b) -> a > b ? 1 : 0);
            case "Less" -> combined(node, (a, b) -> a < b ? 1 : 0);
            default -> {}
        }
    }

    /// Of tensors with at most one axis, or of equal length: others would need their strides.
    private static void combined(NodeFacts node, LongBinaryOperator formula) {
        long[] result = node.elements(0);
        for (int i = 1; i < node.node().inputs().size(); i++) {
            long[] next = node.elements(i);
            if (result.length != next.length && result.length != 1 && next.length != 1) {
                throw new Undetermined();
            }
            result = combined(result, next, formula);
        }
        is(node, result);
    }

    private static long[] combined(long[] a, long[] b, LongBinaryOperator formula) {
        long[] out = new long[a.length == 1 ? b.length : a.length];
        for (int i = 0; i < out.length; i++) {
            boolean known = at(a, i) != ValueFacts.UNKNOWN && at(b, i) != ValueFacts.UNKNOWN;
            out[i] = known ? formula.applyAsLong(at(a, i), at(b, i)) : ValueFacts.UNKNOWN;
        }
        return out;
    }
}
