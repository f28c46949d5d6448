package ai.vernier.engine;

import ai.vernier.engine.RandomGraph.Value;
import ai.vernier.onnx.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;

/// Layers for a [RandomGraph]: convolutions, products, pools, normalizations and recurrences, on values that are
/// brought to their shapes by a view, or on new inputs.
final class RandomLayers {
    private static final int[] CHANNELS = {1, 2, 3, 4, 8, 16, 20};

    private final RandomGraph graph;
    private final RandomSteps steps;

    RandomLayers(RandomGraph graph, RandomSteps steps) {
        this.graph = graph;
        this.steps = steps;
    }

    void add(int kind, Value given) {
        Value x = steps.tame(given);
        switch (kind) {
            case 24 -> convolution(image(x, graph.flip() ? 3 : 4));
            case 25 -> linear(x);
            case 26 -> product(x);
            case 27 -> pool(image(x, 4));
            case 28 -> average(image(x, 3 + graph.upTo(1)));
            case 29 -> softmax(x);
            case 30 -> normalization(image(x, 2 + graph.upTo(2)));
            default -> recurrence(image(x, 3));
        }
    }

    /// `x` in a view, where it has that many axes and elements; otherwise a new input, sometimes transposed.
    private Value image(Value x, int rank) {
        if (x.rank() == rank && x.elements() > 0) {
            return x;
        }
        long[] dims = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            dims[axis] = axis == 1 ? CHANNELS[graph.upTo(6)] : graph.between(1, axis == 0 ? 3 : 12);
        }
        Value fresh = graph.input(DataType.FLOAT, dims);
        return graph.flip() ? fresh : steps.transpose(fresh);
    }

    private void convolution(Value x) {
        int spatial = x.rank() - 2;
        long channels = x.dims()[1];
        boolean depthwise = graph.upTo(2) == 0;
        long groups = depthwise ? channels : channels % 2 == 0 && graph.flip() ? 2 : 1;
        long outputs = depthwise ? channels : groups * graph.between(1, 18);
        long[] kernel = new long[spatial];
        long[] strides = new long[spatial];
        long[] dilations = new long[spatial];
        long[] pads = new long[2 * spatial];
        long[] dims = x.dims().clone();
        dims[1] = outputs;
        for (int i = 0; i < spatial; i++) {
            kernel[i] = graph.between(1, 3);
            strides[i] = graph.between(1, 2);
            dilations[i] = graph.upTo(3) == 0 ? 2 : 1;
            pads[i] = graph.upTo(2);
            pads[spatial + i] = graph.flip() ? pads[i] : graph.upTo(2);
            long room = x.dims()[i + 2] + pads[i] + pads[spatial + i] - ((kernel[i] - 1) * dilations[i] + 1);
            if (room < 0) {
                return;
            }
            dims[i + 2] = room / strides[i] + 1;
        }
        long taps = Arrays.stream(kernel).reduce(channels / groups, (a, b) -> a * b);
        long[] shape = new long[x.rank()];
        shape[0] = outputs;
        shape[1] = channels / groups;
        System.arraycopy(kernel, 0, shape, 2, spatial);
        if (!graph.isSmall(dims) || !graph.isSmall(shape)) {
            return;
        }
        String weight = graph.constant(1 / Math.sqrt((double) taps), shape).name();
        String bias = graph.flip() ? ", " + graph.constant(1, outputs).name() : "";
        Value y = graph.node(
                "Conv <group = %d, strides = [%s], dilations = [%s], pads = [%s]> (%s, %s%s)"
                        .formatted(
                                groups,
                                RandomGraph.joined(strides),
                                RandomGraph.joined(dilations),
                                RandomGraph.joined(pads),
                                graph.use(x),
                                weight,
                                bias),
                DataType.FLOAT,
                x.bound() * Math.sqrt((double) taps) * 2 + 4,
                dims);
        followUp(y);
    }

    /// What the engine fuses with a convolution.
    private void followUp(Value y) {
        Value last = y;
        if (graph.upTo(2) == 0) {
            Value other = graph.input(DataType.FLOAT, y.dims());
            String sum = "Add (%s, %s)".formatted(graph.use(y), graph.use(other));
            last = graph.node(sum, DataType.FLOAT, y.bound() + 4, y.dims());
        }
        String name = graph.use(last);
        switch (graph.upTo(6)) {
            case 0 -> graph.node("Relu (%s)".formatted(name), DataType.FLOAT, last.bound(), y.dims());
            case 1 -> graph.node("LeakyRelu (%s)".formatted(name), DataType.FLOAT, last.bound(), y.dims());
            case 2 -> graph.node("Sigmoid (%s)".formatted(name), DataType.FLOAT, last.bound(), y.dims());
            case 3 -> {
                Value gate = graph.node("Sigmoid (%s)".formatted(name), DataType.FLOAT, last.bound(), y.dims());
                graph.node("Mul (%s, %s)".formatted(name, graph.use(gate)), DataType.FLOAT, last.bound(), y.dims());
            }
            case 4 -> graph.node("Tanh (%s)".formatted(name), DataType.FLOAT, last.bound(), y.dims());
            default -> {}
        }
    }

    private void linear(Value x) {
        if (x.rank() < 2 || x.elements() == 0) {
            return;
        }
        long inputs = x.dims()[x.rank() - 1];
        long outputs = graph.between(1, 34);
        long[] dims = x.dims().clone();
        dims[x.rank() - 1] = outputs;
        if (!graph.isSmall(dims) || !graph.isSmall(inputs, outputs)) {
            return;
        }
        double scale = 1 / Math.sqrt((double) inputs);
        double bound = 2 * x.bound() / scale + 4;
        if (x.rank() == 2 && graph.flip()) {
            boolean transposed = graph.flip();
            Value w = transposed ? graph.constant(scale, outputs, inputs) : graph.constant(scale, inputs, outputs);
            String c = graph.constant(1, graph.flip() ? new long[] {outputs} : new long[] {1, outputs})
                    .name();
            graph.node(
                    "Gemm <transB = %d> (%s, %s, %s)".formatted(transposed ? 1 : 0, graph.use(x), w.name(), c),
                    DataType.FLOAT,
                    bound,
                    dims);
        } else {
            Value w = graph.constant(scale, inputs, outputs);
            graph.node("MatMul (%s, %s)".formatted(graph.use(x), w.name()), DataType.FLOAT, bound, dims);
        }
    }

    private void product(Value x) {
        if (x.rank() < 2 || x.elements() == 0) {
            return;
        }
        long inner = x.dims()[x.rank() - 1];
        long[] other = x.dims().clone();
        other[x.rank() - 2] = inner;
        other[x.rank() - 1] = graph.between(1, 21);
        long[] dims = x.dims().clone();
        dims[x.rank() - 1] = other[x.rank() - 1];
        if (graph.flip()) {
            // the other factor lies with its rows as columns
            long[] turned = other.clone();
            turned[x.rank() - 2] = other[x.rank() - 1];
            turned[x.rank() - 1] = inner;
            StringJoiner perm = new StringJoiner(", ");
            for (int axis = 0; axis < x.rank(); axis++) {
                int from = axis < x.rank() - 2 ? axis : 2 * x.rank() - 3 - axis;
                perm.add(Integer.toString(from));
            }
            if (!graph.isSmall(dims) || !graph.isSmall(other)) {
                return;
            }
            Value lying = graph.input(DataType.FLOAT, turned);
            Value b = graph.node(
                    "Transpose <perm = [%s]> (%s)".formatted(perm, graph.use(lying)), DataType.FLOAT, 4, other);
            graph.node(
                    "MatMul (%s, %s)".formatted(graph.use(x), graph.use(b)),
                    DataType.FLOAT,
                    x.bound() * inner * 2,
                    dims);
            return;
        }
        if (graph.isSmall(dims) && graph.isSmall(other)) {
            Value b = graph.input(DataType.FLOAT, other);
            graph.node(
                    "MatMul (%s, %s)".formatted(graph.use(x), graph.use(b)),
                    DataType.FLOAT,
                    x.bound() * inner * 2,
                    dims);
        }
    }

    private void pool(Value x) {
        long[] dims = x.dims().clone();
        long[] kernel = new long[2];
        long[] strides = new long[2];
        long[] dilations = new long[2];
        long[] pads = new long[4];
        boolean ceil = graph.opset >= 10 && graph.upTo(3) == 0;
        for (int i = 0; i < 2; i++) {
            kernel[i] = graph.between(1, 4);
            strides[i] = graph.between(1, 3);
            dilations[i] = graph.opset >= 10 && graph.upTo(3) == 0 ? 2 : 1;
            pads[i] = graph.flip() ? 0 : graph.upTo((int) kernel[i] - 1);
            pads[i + 2] = graph.flip() ? pads[i] : graph.upTo((int) kernel[i] - 1);
            long room = dims[i + 2] + pads[i] + pads[i + 2] - ((kernel[i] - 1) * dilations[i] + 1);
            boolean sees =
                    dims[i + 2] > dilations[i] || pads[i] == 0; // what a window sees of padding alone, nobody says
            if (room < 0 || !sees || (ceil && room % strides[i] != 0)) {
                return;
            }
            dims[i + 2] = room / strides[i] + 1;
        }
        String spread = graph.opset < 10 ? "" : ", dilations = [%s]".formatted(RandomGraph.joined(dilations));
        String rounding = ceil ? ", ceil_mode = 1" : "";
        graph.node(
                "MaxPool <kernel_shape = [%s], strides = [%s], pads = [%s]%s%s> (%s)"
                        .formatted(
                                RandomGraph.joined(kernel),
                                RandomGraph.joined(strides),
                                RandomGraph.joined(pads),
                                spread,
                                rounding,
                                graph.use(x)),
                DataType.FLOAT,
                x.bound(),
                dims);
    }

    private void average(Value x) {
        long[] dims = x.dims().clone();
        Arrays.fill(dims, 2, dims.length, 1);
        String window = RandomGraph.joined(Arrays.copyOfRange(x.dims(), 2, x.rank()));
        String call = graph.flip()
                ? "GlobalAveragePool (%s)".formatted(graph.use(x))
                : "AveragePool <kernel_shape = [%s]> (%s)".formatted(window, graph.use(x));
        graph.node(call, DataType.FLOAT, x.bound(), dims);
    }

    private void softmax(Value x) {
        if (x.rank() > 0 && x.elements() > 0) {
            int axis = graph.flip() ? x.rank() - 1 : graph.upTo(x.rank() - 1);
            long named = graph.opset >= 11 ? graph.named(axis, x.rank()) : axis;
            String call = "Softmax <axis = %d> (%s)".formatted(named, graph.use(x));
            graph.node(call, DataType.FLOAT, 1, x.dims());
        }
    }

    private void normalization(Value x) {
        long channels = x.dims()[1];
        String scale = graph.constant(1, channels).name();
        String bias = graph.constant(1, channels).name();
        String mean = graph.constant(1, channels).name();
        StringJoiner positive = new StringJoiner(", ");
        for (int c = 0; c < channels; c++) {
            positive.add(RandomGraph.real(0.3 + graph.random.nextDouble()));
        }
        String variance = graph.constant(DataType.FLOAT, new long[] {channels}, positive.toString())
                .name();
        graph.node(
                "BatchNormalization (%s, %s, %s, %s, %s)".formatted(graph.use(x), scale, bias, mean, variance),
                DataType.FLOAT,
                8 * x.bound() + 16,
                x.dims());
    }

    private void recurrence(Value x) {
        boolean lstm = graph.flip();
        long gates = lstm ? 4 : 3;
        long hidden = graph.between(1, 17);
        boolean both = graph.flip();
        long directions = both ? 2 : 1;
        long batch = x.dims()[1];
        String direction = both ? "bidirectional" : graph.flip() ? "forward" : "reverse";
        if (!graph.isSmall(directions, gates, hidden, x.dims()[2])
                || !graph.isSmall(directions, x.dims()[0], batch, 4 * hidden)) {
            return;
        }
        String w = graph.constant(0.5, directions, gates * hidden, x.dims()[2]).name();
        String r = graph.constant(0.3, directions, gates * hidden, hidden).name();
        String b = graph.flip()
                ? graph.constant(0.5, directions, 2 * gates * hidden).name()
                : "";
        List<String> in = new ArrayList<>(List.of(graph.use(x), w, r, b));
        int states = graph.flip() ? 0 : lstm ? 2 : 1;
        if (states > 0) {
            in.add("");
        }
        for (int i = 0; i < states; i++) {
            in.add(graph.use(state(directions, batch, hidden)));
        }
        while (in.getLast().isEmpty()) {
            in.removeLast();
        }
        List<Value> out = new ArrayList<>();
        out.add(
                graph.upTo(3) == 0
                        ? new Value("", DataType.FLOAT, new long[0], 0)
                        : graph.output(DataType.FLOAT, 1, x.dims()[0], directions, batch, hidden));
        if (graph.flip() || out.getFirst().name().isEmpty()) {
            out.add(graph.output(DataType.FLOAT, 1, directions, batch, hidden));
            if (lstm && graph.flip()) {
                out.add(graph.output(DataType.FLOAT, 4, directions, batch, hidden));
            }
        }
        String type = lstm ? "LSTM <" : "GRU <linear_before_reset = 1, ";
        graph.nodes("%shidden_size = %d, direction = \"%s\"> (%s)".formatted(type, hidden, direction, named(in)), out);
    }

    /// A new input, sometimes in a view that turns it.
    private Value state(long directions, long batch, long hidden) {
        if (graph.flip()) {
            return graph.input(DataType.FLOAT, directions, batch, hidden);
        }
        Value lying = graph.input(DataType.FLOAT, batch, directions, hidden);
        String call = "Transpose <perm = [1, 0, 2]> (%s)".formatted(graph.use(lying));
        return graph.node(call, DataType.FLOAT, 4, directions, batch, hidden);
    }

    private static String named(List<String> inputs) {
        StringJoiner joined = new StringJoiner(", ");
        inputs.forEach(joined::add);
        return joined.toString();
    }
}
