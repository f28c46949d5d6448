package ai.vernier.engine;

import ai.vernier.engine.RandomGraph.Value;
import ai.vernier.onnx.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Nodes for a [RandomGraph]: every operator that a replay has a kernel for, some that it has none for, and those that
/// make views, in whatever way the opset states axes and lists.
final class RandomSteps {
    /// Larger values go through tanh first, so that rounding errors stay small.
    private static final double LARGE = 50;

    private final RandomGraph graph;
    private final RandomLayers layers;

    RandomSteps(RandomGraph graph) {
        this.graph = graph;
        this.layers = new RandomLayers(graph, this);
    }

    /// Adds a node, or some that belong together.
    void add() {
        int kind = graph.upTo(31);
        Value x = graph.any();
        if (kind < 12) {
            view(kind, x);
        } else if (kind < 16) {
            move(kind, x);
        } else if (!x.isFloat()) {
            move(kind, x);
        } else if (kind < 20) {
            binary(x);
        } else if (kind < 22) {
            unary(x);
        } else if (kind < 24) {
            reduction(x);
        } else {
            layers.add(kind, x);
        }
    }

    private Value same(String call, Value x, double bound) {
        return graph.node(call, x.type(), bound, x.dims());
    }

    /// `x`, or its tanh where it is large.
    Value tame(Value x) {
        return x.bound() > LARGE ? same("Tanh (" + graph.use(x) + ")", x, 1) : x;
    }

    /// A list that is an attribute before `since` and an input afterwards.
    ///
    /// @return the attribute's text and the further input's, one of them empty
    String[] list(String name, int since, long... values) {
        return graph.opset < since
                ? new String[] {"<%s = [%s]> ".formatted(name, RandomGraph.joined(values)), ""}
                : new String[] {"", ", " + graph.integers(values).name()};
    }

    // ---- views

    private void view(int kind, Value x) {
        switch (kind) {
            case 0, 1, 2 -> transpose(x);
            case 3, 4 -> slice(x);
            case 5 -> split(x);
            case 6 -> expand(x);
            case 7, 8 -> reshape(x);
            case 9 -> unsqueeze(x);
            case 10 -> squeeze(x);
            default -> flatten(x);
        }
    }

    Value transpose(Value x) {
        int[] order = graph.permutation(x.rank());
        long[] dims = Arrays.stream(order).mapToLong(axis -> x.dims()[axis]).toArray();
        String perm = RandomGraph.joined(Arrays.stream(order).asLongStream().toArray());
        String attribute = x.rank() == 0 ? "" : "<perm = [%s]> ".formatted(perm);
        return graph.node("Transpose %s(%s)".formatted(attribute, graph.use(x)), x.type(), x.bound(), dims);
    }

    private void slice(Value x) {
        if (x.rank() == 0) {
            return;
        }
        int axis = graph.upTo(x.rank() - 1);
        long size = x.dims()[axis];
        if (size == 0) {
            return;
        }
        long step = graph.opset < 10 ? 1 : graph.upTo(5) - 2;
        long from = graph.random.nextLong(size);
        long[] dims = x.dims().clone();
        if (step == 0 || graph.opset < 10) {
            step = 1;
        }
        long to = step > 0 ? from + 1 + graph.random.nextLong(size - from) : graph.random.nextLong(from + 1) - 1;
        dims[axis] = Math.max(0, step > 0 ? (to - from + step - 1) / step : (from - to - step - 1) / -step);
        long end = to < 0 ? -size - 1 : to;
        long start = graph.flip() ? from : from - size;
        String call = graph.opset < 10
                ? "Slice <axes = [%d], starts = [%d], ends = [%d]> (%s)".formatted(axis, start, end, graph.use(x))
                : "Slice (%s, %s, %s, %s, %s)"
                        .formatted(
                                graph.use(x),
                                graph.integers(start).name(),
                                graph.integers(end).name(),
                                graph.integers(graph.named(axis, x.rank())).name(),
                                graph.integers(step).name());
        graph.node(call, x.type(), x.bound(), dims);
    }

    private void split(Value x) {
        if (x.rank() == 0) {
            return;
        }
        int axis = graph.upTo(x.rank() - 1);
        long size = x.dims()[axis];
        long first = size < 2 ? size : 1 + graph.random.nextLong(size - 1);
        long[] head = x.dims().clone();
        long[] tail = x.dims().clone();
        head[axis] = first;
        tail[axis] = size - first;
        if (tail[axis] == 0) {
            return;
        }
        String call = graph.opset < 13
                ? "Split <axis = %d, split = [%d, %d]> (%s)".formatted(axis, first, size - first, graph.use(x))
                : "Split <axis = %d> (%s, %s)"
                        .formatted(
                                axis,
                                graph.use(x),
                                graph.integers(first, size - first).name());
        graph.nodes(call, List.of(graph.output(x.type(), x.bound(), head), graph.output(x.type(), x.bound(), tail)));
    }

    private void expand(Value x) {
        if (graph.opset < 8) {
            return;
        }
        int more = graph.upTo(2);
        long[] dims = new long[x.rank() + more];
        for (int i = 0; i < dims.length; i++) {
            long present = i < more ? 1 : x.dims()[i - more];
            dims[i] = present == 1 && graph.flip() ? 1 + graph.upTo(8) : present;
        }
        if (graph.isSmall(dims)) {
            graph.node(
                    "Expand (%s, %s)"
                            .formatted(graph.use(x), graph.integers(dims).name()),
                    x.type(),
                    x.bound(),
                    dims);
        }
    }

    private void reshape(Value x) {
        if (x.elements() == 0) {
            return;
        }
        List<Long> dims = new ArrayList<>();
        long rest = x.elements();
        while (rest > 1 && dims.size() < 4) {
            long factor = 1;
            for (long candidate : new long[] {2, 3, 5, 7, 11, 4, 8, 16}) {
                factor = rest % candidate == 0 && graph.upTo(2) == 0 ? candidate : factor;
            }
            dims.add(factor);
            rest /= factor;
        }
        dims.add(rest);
        reshape(x, dims.stream().mapToLong(Long::longValue).toArray());
    }

    Value reshape(Value x, long... dims) {
        String shape = graph.integers(dims).name();
        return graph.node("Reshape (%s, %s)".formatted(graph.use(x), shape), x.type(), x.bound(), dims);
    }

    private void unsqueeze(Value x) {
        int axis = graph.upTo(x.rank());
        long[] dims = LongStream.concat(
                        LongStream.concat(Arrays.stream(x.dims(), 0, axis), LongStream.of(1)),
                        Arrays.stream(x.dims(), axis, x.rank()))
                .toArray();
        String[] axes = list("axes", 13, axis);
        graph.node("Unsqueeze %s(%s%s)".formatted(axes[0], graph.use(x), axes[1]), x.type(), x.bound(), dims);
    }

    private void squeeze(Value x) {
        long[] dims = Arrays.stream(x.dims()).filter(size -> size != 1).toArray();
        graph.node("Squeeze (%s)".formatted(graph.use(x)), x.type(), x.bound(), dims);
    }

    private void flatten(Value x) {
        int axis = graph.upTo(x.rank());
        long rows = Arrays.stream(x.dims(), 0, axis).reduce(1, (a, b) -> a * b);
        long columns = Arrays.stream(x.dims(), axis, x.rank()).reduce(1, (a, b) -> a * b);
        if (graph.opset >= 9 || x.isFloat()) {
            graph.node("Flatten <axis = %d> (%s)".formatted(axis, graph.use(x)), x.type(), x.bound(), rows, columns);
        }
    }

    // ---- moving

    private void move(int kind, Value x) {
        switch (kind % 4) {
            case 0 -> concat(x);
            case 1 -> gather(x);
            case 2 -> pad(x);
            default -> scatter(x);
        }
    }

    private void concat(Value x) {
        if (x.rank() == 0) {
            return;
        }
        int axis = graph.upTo(x.rank() - 1);
        long[] dims = x.dims().clone();
        StringJoiner parts = new StringJoiner(", ");
        parts.add(graph.use(x));
        int count = graph.upTo(3);
        for (int i = 0; i < count; i++) {
            long[] own = x.dims().clone();
            boolean drawn = x.isFloat() && graph.flip();
            own[axis] = drawn ? 1 + graph.upTo(3) : own[axis];
            dims[axis] += own[axis];
            parts.add(drawn ? graph.constant(1, own).name() : graph.use(x));
        }
        if (graph.isSmall(dims)) {
            graph.node("Concat <axis = %d> (%s)".formatted(axis, parts), x.type(), Math.max(x.bound(), 4), dims);
        }
    }

    private void gather(Value x) {
        if (x.rank() == 0) {
            return;
        }
        int axis = graph.upTo(x.rank() - 1);
        long size = x.dims()[axis];
        long[] shape = graph.upTo(4) == 0 ? new long[] {2, 2} : new long[] {1 + graph.upTo(4)};
        if (size == 0) {
            return;
        }
        long[] indices = LongStream.range(0, Arrays.stream(shape).reduce(1, (a, b) -> a * b))
                .map(i -> graph.random.nextLong(size) - (graph.opset >= 11 && graph.flip() ? size : 0))
                .toArray();
        DataType type = graph.flip() ? DataType.INT64 : DataType.INT32;
        Value which = graph.constant(type, shape, RandomGraph.joined(indices));
        long[] dims = LongStream.concat(
                        LongStream.concat(Arrays.stream(x.dims(), 0, axis), Arrays.stream(shape)),
                        Arrays.stream(x.dims(), axis + 1, x.rank()))
                .toArray();
        if (graph.isSmall(dims)) {
            graph.node(
                    "Gather <axis = %d> (%s, %s)".formatted(axis, graph.use(x), which.name()),
                    x.type(),
                    x.bound(),
                    dims);
        }
    }

    private void pad(Value x) {
        if (x.rank() == 0 || x.elements() == 0 || (graph.opset < 13 && !x.isFloat())) {
            return;
        }
        boolean reflects = graph.upTo(2) == 0 && x.isFloat();
        int only = graph.upTo(x.rank() - 1);
        long[] pads = new long[2 * x.rank()];
        long[] dims = x.dims().clone();
        for (int side = 0; side < pads.length; side++) {
            int axis = side % x.rank();
            if (!reflects && graph.flip()) {
                pads[side] = graph.between(dims[axis] > 2 ? -1 : 0, 2);
            } else if (reflects && axis == only && x.dims()[axis] > 1) {
                pads[side] = graph.upTo((int) Math.min(4, x.dims()[axis] - 1));
            }
            dims[axis] += pads[side];
        }
        String mode = reflects ? "mode = \"reflect\"" : "mode = \"constant\"";
        String call = graph.opset < 11
                ? "Pad <%s, pads = [%s]> (%s)".formatted(mode, RandomGraph.joined(pads), graph.use(x))
                : "Pad <%s> (%s, %s)"
                        .formatted(mode, graph.use(x), graph.integers(pads).name());
        if (graph.isSmall(dims) && Arrays.stream(dims).allMatch(size -> size > 0)) {
            graph.node(call, x.type(), x.bound(), dims);
        }
    }

    private void scatter(Value x) {
        if (graph.opset < 11 || x.rank() == 0 || x.elements() == 0 || !x.isFloat()) {
            return;
        }
        int depth = 1 + graph.upTo(Math.min(2, x.rank() - 1));
        long[] row = Arrays.copyOfRange(x.dims(), depth, x.rank());
        long places = Arrays.stream(x.dims(), 0, depth).reduce(1, (a, b) -> a * b);
        // several tuples that name one place leave open which update wins
        long[] chosen =
                graph.random.longs(1 + graph.upTo(3), 0, places).distinct().toArray();
        int count = chosen.length;
        long[] tuples = new long[count * depth];
        for (int i = 0; i < tuples.length; i++) {
            long below = Arrays.stream(x.dims(), i % depth + 1, depth).reduce(1, (a, b) -> a * b);
            long index = chosen[i / depth] / below % x.dims()[i % depth];
            tuples[i] = graph.upTo(2) == 0 ? index - x.dims()[i % depth] : index;
        }
        Value at = graph.constant(DataType.INT64, new long[] {count, depth}, RandomGraph.joined(tuples));
        long[] shape =
                LongStream.concat(LongStream.of(count), Arrays.stream(row)).toArray();
        Value updates = graph.flip() ? graph.constant(1, shape) : turned(shape);
        same(
                "ScatterND (%s, %s, %s)".formatted(graph.use(x), at.name(), graph.use(updates)),
                x,
                Math.max(4, x.bound()));
    }

    /// A new input of these extents, in a view that turns its axes round.
    Value turned(long... dims) {
        long[] lying = new long[dims.length];
        Arrays.setAll(lying, axis -> dims[dims.length - 1 - axis]);
        Value fresh = graph.input(DataType.FLOAT, lying);
        return graph.node("Transpose (%s)".formatted(graph.use(fresh)), DataType.FLOAT, fresh.bound(), dims);
    }

    // ---- arithmetic

    /// A value that broadcasts with `x`: another one, or a new input or constant of fewer axes or extents.
    private Value partner(Value x) {
        for (int i = 0; i < 3; i++) {
            Value other = graph.any();
            if (other.isFloat() && goTogether(x.dims(), other.dims())) {
                return tame(other);
            }
        }
        int skipped = graph.upTo(x.rank());
        long[] dims = Arrays.stream(x.dims(), skipped, x.rank())
                .map(size -> graph.upTo(2) == 0 ? 1 : size == 1 ? 1 + graph.upTo(4) : size)
                .toArray();
        return graph.flip() ? graph.constant(1, dims) : graph.input(DataType.FLOAT, dims);
    }

    private static boolean goTogether(long[] a, long[] b) {
        return IntStream.rangeClosed(1, Math.min(a.length, b.length)).allMatch(i -> {
            long of = a[a.length - i];
            long and = b[b.length - i];
            return of == and || of == 1 || and == 1;
        });
    }

    private static long[] broadcast(long[] a, long[] b) {
        int rank = Math.max(a.length, b.length);
        long[] dims = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long of = i > a.length ? 1 : a[a.length - i];
            long and = i > b.length ? 1 : b[b.length - i];
            dims[rank - i] = of == 1 ? and : of;
        }
        return dims;
    }

    private void binary(Value given) {
        Value x = tame(given);
        Value other = partner(x);
        long[] dims = broadcast(x.dims(), other.dims());
        if (!graph.isSmall(dims)) {
            return;
        }
        switch (graph.upTo(7)) {
            case 0, 1 -> arithmetic("Add", x, other, x.bound() + other.bound());
            case 2 -> arithmetic("Sub", other, x, x.bound() + other.bound());
            case 3, 4 -> arithmetic("Mul", x, other, x.bound() * other.bound());
            case 5 -> {
                Value positive = same(
                        "Exp (%s)"
                                .formatted(same("Tanh (" + graph.use(other) + ")", other, 1)
                                        .name()),
                        other,
                        3);
                arithmetic("Div", x, positive, 3 * x.bound());
            }
            case 6 -> {
                if (Arrays.equals(dims, x.dims())) {
                    arithmetic("PRelu", x, other, x.bound() * Math.max(1, other.bound()));
                }
            }
            default -> {
                if (graph.opset >= 8) {
                    arithmetic("Max", x, other, Math.max(x.bound(), other.bound()));
                }
            }
        }
    }

    private void arithmetic(String operator, Value a, Value b, double bound) {
        long[] dims = broadcast(a.dims(), b.dims());
        graph.node("%s (%s, %s)".formatted(operator, graph.use(a), graph.use(b)), DataType.FLOAT, bound, dims);
    }

    private void unary(Value given) {
        Value x = tame(given);
        String name = graph.use(x);
        switch (graph.upTo(10)) {
            case 0 -> same("Sigmoid (%s)".formatted(name), x, 1);
            case 1 -> same("Tanh (%s)".formatted(name), x, 1);
            case 2 -> same("Abs (%s)".formatted(name), x, x.bound());
            case 3 -> same("Neg (%s)".formatted(name), x, x.bound());
            case 4 -> same("Relu (%s)".formatted(name), x, x.bound());
            case 5 -> same("LeakyRelu <alpha = 0.3> (%s)".formatted(name), x, x.bound());
            case 6 -> clip(x);
            case 7 -> {
                Value square = same("Mul (%s, %s)".formatted(name, name), x, x.bound() * x.bound());
                Value one = graph.constant(DataType.FLOAT, new long[0], "1.0");
                Value sum = same("Add (%s, %s)".formatted(graph.use(square), one.name()), x, square.bound() + 1);
                same("Sqrt (%s)".formatted(graph.use(sum)), x, x.bound() + 1);
            }
            case 8 -> {
                Value two = graph.constant(
                        DataType.FLOAT, graph.flip() || x.rank() == 0 ? new long[0] : new long[] {1}, "2.0");
                same("Pow (%s, %s)".formatted(name, two.name()), x, x.bound() * x.bound());
            }
            case 9 -> same("Identity (%s)".formatted(name), x, x.bound());
            default -> same("Sin (%s)".formatted(name), x, 1);
        }
    }

    private void clip(Value x) {
        String low = RandomGraph.real(-graph.random.nextDouble());
        String high = RandomGraph.real(graph.random.nextDouble());
        int which = graph.upTo(2);
        if (graph.opset < 11) {
            String bounds =
                    which == 0 ? "min = " + low : which == 1 ? "max = " + high : "min = " + low + ", max = " + high;
            same("Clip <%s> (%s)".formatted(bounds, graph.use(x)), x, x.bound());
            return;
        }
        String min = which == 1
                ? ""
                : graph.constant(DataType.FLOAT, new long[0], low).name();
        String max = which == 0
                ? ""
                : ", " + graph.constant(DataType.FLOAT, new long[0], high).name();
        same("Clip (%s, %s%s)".formatted(graph.use(x), min, max), x, x.bound());
    }

    private void reduction(Value x) {
        if (x.rank() == 0 || x.elements() == 0) {
            return;
        }
        boolean mean = graph.flip();
        boolean keep = graph.flip();
        boolean[] reduced = new boolean[x.rank()];
        reduced[graph.upTo(x.rank() - 1)] = true;
        for (int axis = 0; axis < reduced.length; axis++) {
            reduced[axis] |= graph.upTo(2) == 0;
        }
        int[] axes = IntStream.range(0, x.rank()).filter(axis -> reduced[axis]).toArray();
        boolean all = axes.length == x.rank() && graph.flip();
        long[] named = Arrays.stream(axes)
                .mapToLong(axis -> graph.opset >= 11 ? graph.named(axis, x.rank()) : axis)
                .toArray();
        String[] list = all ? new String[] {"", ""} : list("axes", mean ? 18 : 13, named);
        String attributes = "<keepdims = %d%s>"
                .formatted(keep ? 1 : 0, list[0].isEmpty() ? "" : ", " + list[0].substring(1, list[0].length() - 2));
        long[] dims = IntStream.range(0, x.rank())
                .filter(axis -> keep || !reduced[axis])
                .mapToLong(axis -> reduced[axis] ? 1 : x.dims()[axis])
                .toArray();
        long count = Arrays.stream(axes).mapToLong(axis -> x.dims()[axis]).reduce(1, (a, b) -> a * b);
        String call = "%s %s (%s%s)".formatted(mean ? "ReduceMean" : "ReduceSum", attributes, graph.use(x), list[1]);
        graph.node(call, DataType.FLOAT, mean ? x.bound() : x.bound() * count, dims);
    }
}
