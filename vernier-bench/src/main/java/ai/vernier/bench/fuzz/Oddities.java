package ai.vernier.bench.fuzz;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Values that careless code trips over.
final class Oddities {
    private static final long[] INTEGERS = {
        0,
        1,
        -1,
        2,
        3,
        -2,
        4,
        5,
        7,
        16,
        64,
        255,
        1000,
        65_536,
        1_000_003,
        1L << 31,
        -(1L << 31),
        1L << 40,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MAX_VALUE / 2,
        Integer.MAX_VALUE
    };
    private static final float[] FLOATS = {
        0, -0f, 1, -1, 0.5f, 2, 1e-30f, 1e30f, -1e30f, 1e9f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
    };
    private static final String[] STRINGS = {
        "",
        "NOTSET",
        "SAME_UPPER",
        "SAME_LOWER",
        "VALID",
        "nearest",
        "linear",
        "cubic",
        "reflect",
        "edge",
        "wrap",
        "constant",
        "bidirectional",
        "reverse",
        "add",
        "mul",
        "max",
        "ij,jk->ik",
        "...i,ij",
        "a,b,c,d",
        "CRD",
        "align_corners",
        "tf_crop_and_resize",
        "half_pixel",
        "LINEAR",
        "TF",
        "ceil",
        "sum",
        "none",
        "\0",
        "%s%n"
    };
    private static final String[] ATTRIBUTES = {
        "axis",
        "axes",
        "group",
        "pads",
        "strides",
        "dilations",
        "kernel_shape",
        "auto_pad",
        "mode",
        "to",
        "value",
        "hidden_size",
        "direction",
        "perm",
        "alpha",
        "beta",
        "epsilon",
        "ceil_mode",
        "keepdims",
        "equation",
        "k",
        "blocksize",
        "scales",
        "batch_dims",
        "reduction",
        "body",
        "shape",
        "num_outputs",
        "output_shape",
        "layout"
    };
    private static final String[] OPERATORS = {
        "Add",
        "Div",
        "Mod",
        "Pow",
        "MatMul",
        "Gemm",
        "Conv",
        "ConvTranspose",
        "MaxPool",
        "AveragePool",
        "LpPool",
        "GlobalAveragePool",
        "BatchNormalization",
        "InstanceNormalization",
        "LayerNormalization",
        "LRN",
        "Softmax",
        "Reshape",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
        "Transpose",
        "Concat",
        "Split",
        "Slice",
        "Expand",
        "Tile",
        "Pad",
        "DepthToSpace",
        "SpaceToDepth",
        "Gather",
        "GatherElements",
        "GatherND",
        "ScatterND",
        "ScatterElements",
        "NonZero",
        "Cast",
        "ConstantOfShape",
        "Range",
        "OneHot",
        "EyeLike",
        "Resize",
        "Upsample",
        "ReduceSum",
        "ReduceMax",
        "ArgMax",
        "CumSum",
        "TopK",
        "LSTM",
        "GRU",
        "RNN",
        "Einsum",
        "Where",
        "Clip",
        "Identity",
        "Shape",
        "Trilu",
        "Dropout",
        "QuantizeLinear",
        "DequantizeLinear",
        "QLinearConv",
        "QLinearMatMul",
        "ConvInteger",
        "MatMulInteger",
        "NonMaxSuppression",
        "RoiAlign",
        "GridSample",
        "Unique",
        "Compress",
        "ReverseSequence",
        "Det",
        "Hardmax",
        "RandomNormal",
        "RandomUniform",
        "Multinomial",
        "Bernoulli",
        "STFT",
        "DFT",
        "HannWindow",
        "MelWeightMatrix",
        "CenterCropPad",
        "Col2Im",
        "AffineGrid",
        "MaxUnpool",
        "MaxRoiPool",
        "GroupNormalization",
        "Attention",
        "BitShift",
        "SequenceAt",
        "StringSplit",
        "Loop",
        "If",
        "Scan",
        "no such operator",
        "PRelu",
        "LpNormalization",
        "MeanVarianceNormalization"
    };

    private final Random random;

    Oddities(Random random) {
        this.random = random;
    }

    long integer() {
        return INTEGERS[random.nextInt(INTEGERS.length)];
    }

    /// Dimensions that a tensor can really have.
    long[] dims() {
        long[] dims = new long[random.nextInt(7)];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = random.nextInt(6) == 0 ? 0 : 1 + random.nextInt(5);
        }
        return dims;
    }

    Node retyped(Node node) {
        String type = OPERATORS[random.nextInt(OPERATORS.length)];
        return new Node(
                node.name(),
                type,
                node.domain(),
                node.overload(),
                node.inputs(),
                node.outputs(),
                node.attributes(),
                node.details());
    }

    String attributeName() {
        return ATTRIBUTES[random.nextInt(ATTRIBUTES.length)];
    }

    // ---- attributes

    Attribute attribute() {
        return switch (random.nextInt(6)) {
            case 0 -> Attribute.of(FLOATS[random.nextInt(FLOATS.length)]);
            case 1 -> Attribute.of(STRINGS[random.nextInt(STRINGS.length)]);
            case 2 -> Attribute.of(ModelMutator.zeros(DataType.INT64, random.nextInt(4)));
            case 3, 4 -> new Attribute.IntsValue(integers(random.nextInt(6)));
            default -> Attribute.of(integer());
        };
    }

    private List<Long> integers(int count) {
        List<Long> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(integer());
        }
        return values;
    }

    /// Of the same kind mostly, with another value.
    Attribute changed(Attribute attribute) {
        if (random.nextInt(10) == 0) {
            return attribute();
        }
        return switch (attribute) {
            case Attribute.IntValue(long value) -> Attribute.of(random.nextBoolean() ? integer() : value + near());
            case Attribute.FloatValue _ -> Attribute.of(FLOATS[random.nextInt(FLOATS.length)]);
            case Attribute.StringValue _ -> Attribute.of(STRINGS[random.nextInt(STRINGS.length)]);
            case Attribute.IntsValue(List<Long> values) -> new Attribute.IntsValue(changed(values));
            case Attribute.TensorValue(TensorData value) -> new Attribute.TensorValue(tensor(value));
            default -> attribute();
        };
    }

    private long near() {
        return random.nextInt(5) - 2L;
    }

    private List<Long> changed(List<Long> values) {
        List<Long> changed = new ArrayList<>(values);
        if (values.isEmpty() || random.nextInt(4) == 0) {
            changed.add(random.nextInt(values.size() + 1), integer());
        } else if (random.nextInt(4) == 0) {
            changed.remove(random.nextInt(values.size()));
        } else {
            int at = random.nextInt(values.size());
            changed.set(at, random.nextBoolean() ? integer() : values.get(at) + near());
        }
        return changed;
    }

    // ---- tensors

    TensorData tensor(TensorData tensor) {
        return switch (random.nextInt(6)) {
            case 0 ->
                ModelMutator.zeros(tensor.dataType() == DataType.STRING ? DataType.FLOAT : tensor.dataType(), dims());
            case 1 -> ModelMutator.zeros(type(), smallEnough(tensor) ? tensor.dims() : dims());
            case 2 -> reshaped(tensor);
            default -> values(tensor);
        };
    }

    private DataType type() {
        List<DataType> types = List.of(DataType.values());
        DataType type = types.get(random.nextInt(types.size()));
        return type == DataType.STRING ? DataType.BOOL : type;
    }

    private static boolean smallEnough(TensorData tensor) {
        return tensor.elementCount() < 1 << 20;
    }

    private TensorData reshaped(TensorData tensor) {
        long count = tensor.elementCount();
        return switch (random.nextInt(4)) {
            case 0 -> tensor.reshaped(count);
            case 1 -> tensor.reshaped(1, count);
            case 2 -> tensor.reshaped(count, 1, 1, 1);
            default -> {
                long[] dims = tensor.dims();
                for (int i = 0; i < dims.length / 2; i++) {
                    long swapped = dims[i];
                    dims[i] = dims[dims.length - 1 - i];
                    dims[dims.length - 1 - i] = swapped;
                }
                yield tensor.reshaped(dims);
            }
        };
    }

    /// The same tensor with some elements replaced.
    private TensorData values(TensorData tensor) {
        DataType type = tensor.dataType();
        boolean whole = type == DataType.INT64 || type == DataType.INT32;
        if ((!whole && type != DataType.FLOAT) || tensor.elementCount() == 0 || !smallEnough(tensor)) {
            return tensor;
        }
        MemorySegment bytes = MemorySegment.ofArray(tensor.bytes().toArray(ValueLayout.JAVA_BYTE));
        for (int i = random.nextInt(3); i >= 0; i--) {
            long at = random.nextLong(tensor.elementCount());
            long value = random.nextBoolean() ? integer() : near();
            switch (type) {
                case INT64 -> bytes.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, at, value);
                case INT32 -> bytes.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, at, (int) value);
                default ->
                    bytes.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, at, FLOATS[random.nextInt(FLOATS.length)]);
            }
        }
        return TensorData.ofBytes(type, bytes, tensor.dims());
    }

    // ---- bombs

    /// The graph with a node put before it whose result would be enormous, and which some node reads.
    Graph bomb(Graph graph) {
        if (graph.nodes().isEmpty()) {
            return graph;
        }
        List<Node> nodes = new ArrayList<>(graph.nodes());
        int at = random.nextInt(nodes.size());
        Node target = nodes.get(at);
        List<String> inputs = new ArrayList<>(target.inputs());
        if (inputs.isEmpty()) {
            return graph;
        }
        int replaced = random.nextInt(inputs.size());
        String read = inputs.get(replaced);
        inputs.set(replaced, "bomb");
        nodes.set(at, target.withInputs(inputs));
        long[] sizes = {integer(), integer(), 1 + random.nextInt(100_000)};
        Map<String, TensorData> initializers = new LinkedHashMap<>(graph.initializers());
        initializers.put("bomb sizes", TensorData.ofLongs(sizes, sizes.length));
        initializers.put("bomb size", TensorData.ofLongs(new long[] {integer()}));
        initializers.put("bomb step", TensorData.ofLongs(new long[] {integer()}));
        initializers.put("bomb row", ModelMutator.zeros(DataType.FLOAT, 1, 1 << random.nextInt(16)));
        initializers.put("bomb column", ModelMutator.zeros(DataType.FLOAT, 1 << random.nextInt(16), 1));
        nodes.add(at, bomb(read.isEmpty() ? "bomb row" : read));
        return graph.withInitializers(initializers).withNodes(nodes);
    }

    private Node bomb(String read) {
        List<String> out = List.of("bomb");
        return switch (random.nextInt(11)) {
            case 0 -> Node.of("bomb", "Expand", List.of(read, "bomb sizes"), out);
            case 1 -> Node.of("bomb", "Tile", List.of(read, "bomb sizes"), out);
            case 2 -> Node.of("bomb", "ConstantOfShape", List.of("bomb sizes"), out);
            case 3 -> Node.of("bomb", "Range", List.of("bomb size", "bomb step", "bomb size"), out);
            case 4 -> Node.of("bomb", "Pad", List.of(read, "bomb sizes"), out);
            case 5 -> Node.of("bomb", "Resize", List.of(read, "", "", "bomb sizes"), out);
            case 6 -> Node.of("bomb", "OneHot", List.of("bomb sizes", "bomb size", "bomb row"), out);
            case 7 -> Node.of("bomb", "Mul", List.of("bomb row", "bomb column"), out);
            case 8 -> Node.of("bomb", "MatMul", List.of("bomb column", "bomb row"), out);
            case 9 ->
                Node.of("bomb", "RandomNormal", List.of(), out)
                        .withAttribute("shape", new Attribute.IntsValue(integers(3)));
            default -> Node.of("bomb", "Div", List.of("bomb size", "bomb step"), out);
        };
    }
}
