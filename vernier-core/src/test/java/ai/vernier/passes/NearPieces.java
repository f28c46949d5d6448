package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/// The pieces of [NearPatterns]: each appends some nodes behind a value.
final class NearPieces {
    private static final long[][] ROWS = {{4}, {4}, {1, 4}, {1, 1, 4}, {1}, {}, {4, 1}};
    private static final double[] NUMBERS = {0, 0, 1, -1, 0.5, 3, 6, 2, 1.0 / 6, 1e-5, Math.sqrt(2), 1.702, 0.044715};

    private final NearPatterns net;
    private final Random random;

    NearPieces(NearPatterns net) {
        this.net = net;
        this.random = net.random;
    }

    String append(String x) {
        return switch (random.nextInt(18)) {
            case 0, 15 -> convolution(x);
            case 1, 16 -> product(x);
            case 2 -> batchNormalization(x);
            case 3, 4 -> scaled(x);
            case 5 -> padded(x);
            case 6 -> transposed(x);
            case 7, 14 -> reshaped(x);
            case 8 -> identity(x);
            case 9 -> activation(x);
            case 10 -> normalized(x);
            case 11 -> softmax(x);
            case 12 -> twice(x);
            case 13 -> branch(x);
            default -> net.node(any("Add", "Mul", "Sub", "Max"), List.of(x, net.earlier()));
        };
    }

    // ---- small words

    private String any(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private boolean chance(int oneIn) {
        return net.chance(oneIn);
    }

    private String number() {
        return net.number(NUMBERS[random.nextInt(NUMBERS.length)]);
    }

    private static Attribute ints(long... values) {
        return Attribute.ofInts(values);
    }

    private int rank(String x) {
        return net.shape(x).length;
    }

    private long extent(String x, int axis) {
        return net.shape(x)[axis < 0 ? axis + rank(x) : axis];
    }

    /// A constant that goes with a value of this shape, or adds axes to it.
    private String alongside(String x) {
        long[] dims = net.shape(x);
        long[] one = dims.clone();
        Arrays.fill(one, 1);
        if (one.length > 1) {
            one[random.nextInt(4) == 0 ? random.nextInt(one.length) : 1] = dims[1];
        }
        long[] last = dims.length == 0 ? dims : new long[] {dims[dims.length - 1]};
        long[] longer = new long[dims.length + 1];
        Arrays.fill(longer, 1);
        longer[0] = random.nextLong(1, 3);
        long[] shape = switch (random.nextInt(7)) {
            case 0 -> dims;
            case 1 -> last;
            case 2 -> longer;
            case 3 -> new long[0];
            case 4 -> one.length > 1 ? Arrays.copyOfRange(one, 1, one.length) : one;
            default -> one;
        };
        return net.constant(net.values(shape));
    }

    private List<String> mixed(String a, String b) {
        List<String> both = new ArrayList<>(List.of(a, b));
        if (chance(2)) {
            Collections.reverse(both);
        }
        return both;
    }

    // ---- sums of products

    private String convolution(String x) {
        boolean transposed = chance(4);
        long in = extent(x, 1);
        int group = in % 2 == 0 && chance(3) ? 2 : 1;
        long out = 4;
        int spatial = rank(x) - 2;
        extent(x, 2); // ONNX Runtime would take matrices where it does not infer their shape
        long[] kernel = new long[rank(x)];
        Arrays.fill(kernel, 1 + random.nextInt(2));
        kernel[0] = transposed ? in : out;
        kernel[1] = (transposed ? out : in) / group;
        List<String> inputs = new ArrayList<>(List.of(x, net.constant(net.values(kernel))));
        if (chance(2)) {
            inputs.add(net.constant(net.values(transposed ? kernel[1] * group : out)));
        }
        List<Object> attributes = new ArrayList<>(List.of("group", Attribute.of((long) group)));
        if (chance(3)) {
            long[] pads = new long[2 * spatial];
            Arrays.setAll(pads, _ -> random.nextInt(2));
            attributes.addAll(List.of("pads", ints(pads)));
        }
        if (chance(4)) {
            attributes.addAll(List.of("auto_pad", Attribute.of(any("VALID", "SAME_UPPER", "NOTSET"))));
        }
        long[][] ends = {{4, 1, 1}, {1, 4, 1, 1}, {1, 1, 4, 1, 1}, {1}, {}, {4}, {1, 1, 1}};
        return followed(net.node(transposed ? "ConvTranspose" : "Conv", inputs, attributes.toArray()), ends);
    }

    private String product(String x) {
        long k = extent(x, -1);
        long n = chance(3) ? k : 4;
        if (rank(x) != 2 || chance(2)) {
            long[] weight = chance(5) ? new long[] {1, k, n} : new long[] {k, n};
            String w = net.constant(net.values(weight));
            return followed(net.node("MatMul", chance(6) ? List.of(x, x) : List.of(x, w)), ROWS);
        }
        boolean turned = chance(2);
        String w = net.constant(net.values(turned ? new long[] {n, k} : new long[] {k, n}));
        long[][] biases = {{n}, {1, n}, {}, {1}, {extent(x, 0), 1}, {extent(x, 0), n}};
        List<String> inputs = new ArrayList<>(List.of(x, w));
        if (chance(2)) {
            inputs.add(chance(6) ? w : net.constant(net.values(biases[random.nextInt(biases.length)])));
        }
        String gemm = net.node(
                "Gemm",
                inputs,
                "transB",
                Attribute.of(turned ? 1L : 0L),
                "transA",
                Attribute.of(chance(8) ? 1L : 0L),
                "alpha",
                Attribute.of(chance(3) ? 0.5f : 1f),
                "beta",
                Attribute.of(chance(3) ? 2f : 1f));
        return followed(gemm, ROWS);
    }

    /// Sometimes with a bias or a scale behind it, or what is nearly one.
    private String followed(String x, long[]... shapes) {
        return chance(2)
                ? net.node(
                        any("Add", "Add", "Sub", "Mul", "Div"),
                        mixed(x, net.constant(net.values(shapes[random.nextInt(shapes.length)]))))
                : x;
    }

    private String batchNormalization(String x) {
        long channels = extent(x, 1);
        List<String> inputs = new ArrayList<>(List.of(x));
        for (int i = 0; i < 3; i++) {
            inputs.add(net.constant(net.values(channels)));
        }
        float[] variance = new float[(int) channels];
        Arrays.fill(variance, 0.5f + random.nextFloat());
        inputs.add(net.constant(TensorData.ofFloats(variance, channels)));
        return net.node("BatchNormalization", inputs, "epsilon", Attribute.of(chance(2) ? 1e-5f : 0.1f));
    }

    private String scaled(String x) {
        return net.node(any("Mul", "Div", "Add", "Sub"), mixed(x, alongside(x)));
    }

    // ---- places

    private String padded(String x) {
        int rank = rank(x);
        long[] pads = new long[2 * rank];
        int first = chance(4) ? 0 : Math.min(2, rank);
        for (int i = 0; i < pads.length; i++) {
            pads[i] = i % rank < first ? 0 : random.nextInt(chance(5) ? 4 : 2) - (chance(12) ? 1 : 0);
        }
        Attribute mode = Attribute.of(chance(4) ? any("reflect", "edge") : "constant");
        float value = chance(4) ? 1 : chance(3) ? -0f : 0;
        String between;
        if (net.opset < 11) {
            between = net.node("Pad", List.of(x), "pads", ints(pads), "mode", mode, "value", Attribute.of(value));
        } else {
            List<String> inputs = new ArrayList<>(List.of(x, net.integers(pads)));
            if (value != 0 || chance(2)) {
                inputs.add(net.constant(net.filled(value)));
            }
            between = net.node("Pad", inputs, "mode", mode);
        }
        if (rank < 3) {
            return between;
        }
        long[] kernel = new long[rank - 2];
        Arrays.fill(kernel, 2);
        if (chance(2)) {
            long[] weight = new long[rank];
            Arrays.fill(weight, 2);
            weight[0] = 4;
            weight[1] = extent(x, 1);
            return net.node(
                    "Conv",
                    List.of(between, net.constant(net.values(weight))),
                    "auto_pad",
                    Attribute.of(any("NOTSET", "NOTSET", "VALID", "SAME_LOWER")));
        }
        long[] own = new long[kernel.length * 2];
        Arrays.fill(own, random.nextInt(2));
        return net.node(
                any("AveragePool", "AveragePool", "MaxPool"),
                List.of(between),
                "kernel_shape",
                ints(kernel),
                "pads",
                ints(own));
    }

    private String transposed(String x) {
        List<Long> order = new ArrayList<>();
        for (long i = 0; i < rank(x); i++) {
            order.add(i);
        }
        // behind a Gemm, ONNX Runtime takes any Transpose of two axes for one that swaps them
        while (order.size() == 2 ? order.get(0) == 0 : order.size() > 2 && order.get(0) == 0 && chance(2)) {
            Collections.shuffle(order, random);
        }
        long[] inverse = new long[order.size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[order.get(i).intValue()] = i;
        }
        String between = chance(5)
                ? net.node("Transpose", List.of(x))
                : net.node("Transpose", List.of(x), "perm", new Attribute.IntsValue(order));
        if (chance(4)) {
            Collections.rotate(order, 1);
            return net.node("Transpose", List.of(between), "perm", new Attribute.IntsValue(order));
        }
        return chance(3) ? between : net.node("Transpose", List.of(between), "perm", ints(inverse));
    }

    private String reshaped(String x) {
        return switch (random.nextInt(4)) {
            case 0 -> {
                yield net.node("Flatten", List.of(x), "axis", Attribute.of(random.nextLong(3)));
            }
            case 1 -> {
                yield withAxes("Squeeze", x);
            }
            case 2 -> {
                yield withAxes("Unsqueeze", x);
            }
            default -> {
                long[] shape = new long[random.nextInt(5)];
                long[] choices = {0, 0, 1, -1, 2, 4, 6};
                Arrays.setAll(shape, _ -> choices[random.nextInt(choices.length)]);
                String target = net.integers(shape);
                yield net.opset >= 14 && chance(5)
                        ? net.node("Reshape", List.of(x, target), "allowzero", Attribute.of(1L))
                        : net.node("Reshape", List.of(x, target));
            }
        };
    }

    private String withAxes(String opType, String x) {
        long[] axes = new long[random.nextInt(3)];
        Arrays.setAll(axes, i -> random.nextInt(4) - (net.opset >= 11 ? 2 : 0));
        if (axes.length == 0) {
            return net.node(opType, List.of(x)); // what an empty list means, shape inference and kernels disagree about
        }
        return net.opset < 13
                ? net.node(opType, List.of(x), "axes", ints(axes))
                : net.node(opType, List.of(x, net.integers(axes)));
    }

    private String identity(String x) {
        return switch (random.nextInt(5)) {
            case 0 -> net.node("Identity", List.of(x));
            case 1 -> net.node("Cast", List.of(x), "to", Attribute.of((long) net.type.number()));
            case 2 -> net.node(any("Sum", "Max", "Mean"), List.of(x));
            case 3 -> net.node("Concat", List.of(x), "axis", Attribute.of(0L));
            default ->
                net.node(
                        "Slice",
                        List.of(
                                x,
                                net.integers(chance(5) ? 1 : 0),
                                net.integers(chance(5) ? 2 : Integer.MAX_VALUE),
                                net.integers(0)));
        };
    }

    // ---- functions

    /// Some arithmetic of one value, often a known function with a number or a place changed.
    private String activation(String x) {
        return switch (random.nextInt(7)) {
            case 0 -> {
                String gate = clipped(net.node("Add", mixed(x, net.number(chance(5) ? 3.001 : 3))));
                yield net.node("Div", List.of(net.node("Mul", mixed(x, gate)), net.number(chance(5) ? 5 : 6)));
            }
            case 1 -> {
                String erf = net.node("Erf", List.of(net.node("Div", List.of(x, net.number(Math.sqrt(2))))));
                String half = net.node("Mul", mixed(x, net.node("Add", mixed(erf, net.number(1)))));
                yield net.node("Mul", mixed(half, net.number(chance(4) ? 0.25 : 0.5)));
            }
            case 2 -> {
                yield net.node("Mul", mixed(x, net.node(any("Sigmoid", "Tanh", "Softplus"), List.of(x))));
            }
            case 3 -> {
                yield net.node("Mul", mixed(x, net.node("Tanh", List.of(net.node("Softplus", List.of(x))))));
            }
            case 4 -> {
                String low = net.node("Min", mixed(x, net.number(chance(3) ? 6 : 1)));
                yield net.node("Max", mixed(low, net.number(0)));
            }
            case 5 -> {
                yield net.node("Max", chance(3) ? List.of(x, number(), number()) : mixed(x, number()));
            }
            default -> {
                String y = x;
                for (int i = 0; i < 3; i++) {
                    y = chance(2)
                            ? net.node(any("Exp", "Neg", "Abs", "Relu", "Reciprocal", "Sqrt"), List.of(y))
                            : net.node(any("Add", "Sub", "Mul", "Div", "Pow"), mixed(y, number()));
                }
                yield y;
            }
        };
    }

    private String clipped(String x) {
        return net.opset < 11
                ? net.node("Clip", List.of(x), "min", Attribute.of(0f), "max", Attribute.of(6f))
                : net.node("Clip", List.of(x, net.constant(net.filled(0)), net.constant(net.filled(6))));
    }

    private String reduced(String opType, String x, long... axes) {
        Attribute kept = Attribute.of(chance(10) ? 0L : 1L);
        long since = opType.equals("ReduceSum") ? 13 : 18;
        return net.opset < since
                ? net.node(opType, List.of(x), "axes", ints(axes), "keepdims", kept)
                : net.node(opType, List.of(x, net.integers(axes)), "keepdims", kept);
    }

    private long[] axes(String x) {
        extent(x, 0); // a scalar has none
        long[][] choices = {{-1}, {-2, -1}, {1}, {rank(x) - 1L}, {2, 3}, {-1, -2}};
        return choices[random.nextInt(choices.length)];
    }

    private String normalized(String x) {
        long[] axes = axes(x);
        String d = chance(3) ? x : net.node("Sub", List.of(x, reduced("ReduceMean", x, chance(8) ? axes(x) : axes)));
        String square = chance(2) ? net.node("Mul", List.of(d, d)) : net.node("Pow", List.of(d, net.number(2)));
        String mean = reduced("ReduceMean", square, axes);
        String root = chance(8)
                ? net.node("Add", mixed(net.node("Sqrt", List.of(mean)), net.number(1e-2)))
                : net.node("Sqrt", List.of(net.node("Add", mixed(mean, net.number(1e-2)))));
        String result = chance(2)
                ? net.node("Div", List.of(d, root))
                : net.node("Mul", mixed(d, net.node("Reciprocal", List.of(root))));
        String gained = chance(3) ? result : net.node("Mul", mixed(result, alongside(x)));
        return chance(2) ? gained : net.node("Add", mixed(gained, alongside(x)));
    }

    private String softmax(String x) {
        long[] axes = axes(x);
        String exponent =
                chance(2) ? x : net.node("Sub", List.of(x, reduced("ReduceMax", x, chance(5) ? axes(x) : axes)));
        String e = net.node("Exp", List.of(exponent));
        return net.node("Div", List.of(e, reduced("ReduceSum", e, axes)));
    }

    // ---- other readers

    private String twice(String x) {
        Node node = NearPatterns.bare(any("Relu", "Neg", "Abs"), List.of(x), "");
        String a = net.node(node.opType(), node.inputs());
        String b = net.node(chance(4) ? "Identity" : node.opType(), node.inputs());
        return net.node("Sub", List.of(a, chance(2) ? b : net.node("Mul", mixed(b, number()))));
    }

    /// A condition, and branches that read values of the graph around them.
    private String branch(String x) {
        String condition = net.constant(TensorData.ofIntegers(DataType.BOOL, new long[] {random.nextInt(2)}));
        String other = net.earlier();
        boolean same = Arrays.equals(net.shape(other), net.shape(x));
        return net.node(
                "If",
                List.of(condition),
                "then_branch",
                new Attribute.GraphValue(inner("Identity", x, chance(2) ? "Neg" : "Abs")),
                "else_branch",
                new Attribute.GraphValue(inner("Neg", same ? other : x, "Identity")));
    }

    private Graph inner(String first, String x, String second) {
        String a = net.name();
        String b = net.name();
        List<Node> nodes = List.of(NearPatterns.bare(first, List.of(x), a), NearPatterns.bare(second, List.of(a), b));
        Value output = new Value(b, new ValueType.TensorType(net.type, Optional.empty()), Details.NONE);
        return new Graph("branch", List.of(), List.of(output), nodes, Map.of(), List.of(), Details.NONE);
    }
}
