package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Producer;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/// Seeded models with every attribute kind, every data type, sub-graphs and functions; well-formed, without sense.
final class GeneratedModels {
    private final Random random;
    private final boolean detailed;
    private int names;

    /// @param detailed whether parts carry documentation, metadata and unknown fields
    GeneratedModels(long seed, boolean detailed) {
        this.random = new Random(seed);
        this.detailed = detailed;
    }

    Model model() {
        return model(2);
    }

    /// @param depth how deep sub-graphs are nested
    Model model(int depth) {
        List<OperatorSet> sets = List.of(new OperatorSet("", 7 + random.nextInt(18)), new OperatorSet("local.ops", 1));
        Producer producer = new Producer("generated \"quoted\" \\ é", "1", "d", random.nextInt(3));
        return new Model(
                1 + random.nextInt(13), sets, producer, graph(depth, List.of()), List.of(function()), details());
    }

    private Graph graph(int depth, List<String> around) {
        List<Value> inputs = List.of(value(type()), value(type()), value(opaqueType()));
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        for (DataType type : DataType.values()) {
            initializers.put(name(), tensor(type));
        }
        List<String> visible = new ArrayList<>(around);
        inputs.forEach(input -> visible.add(input.name()));
        visible.addAll(initializers.keySet());
        List<Value> outputs = new ArrayList<>();
        List<Node> nodes = nodes(depth, visible);
        nodes.forEach(node -> outputs.add(new Value(
                node.outputs().getFirst(), new ValueType.TensorType(DataType.FLOAT, Optional.empty()), details())));
        List<Value> valueInfos =
                around.isEmpty() ? List.of(new Value(visible.getLast(), type(), details())) : List.of();
        return new Graph("graph " + depth, inputs, outputs, nodes, initializers, valueInfos, details());
    }

    private List<Node> nodes(int depth, List<String> visible) {
        return IntStream.range(0, 3)
                .mapToObj(i -> {
                    List<String> outputs = List.of(name(), i == 1 ? "" : name());
                    Node node = new Node(
                            i == 0 ? "" : "node/" + i,
                            i == 0 ? "float" : "Op",
                            i == 2 ? "local.ops" : "",
                            i == 2 ? "over" : "",
                            List.of(pick(visible), "", pick(visible)),
                            outputs,
                            i == 1 ? attributes(depth, visible) : Map.of(),
                            details());
                    visible.add(outputs.getFirst());
                    return node;
                })
                .toList();
    }

    private Map<String, Attribute> attributes(int depth, List<String> visible) {
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        attributes.put("f", Attribute.of(random.nextFloat()));
        attributes.put("nan", Attribute.of(Float.NaN));
        attributes.put("low", Attribute.of(Float.NEGATIVE_INFINITY));
        attributes.put("whole", Attribute.of(3f));
        attributes.put("i", Attribute.of(random.nextLong()));
        attributes.put("s", new Attribute.StringValue(Bytes.of(new byte[] {(byte) 0xff, 0, '"', '\\'})));
        attributes.put("t", new Attribute.TensorValue(tensor(DataType.FLOAT)));
        attributes.put("floats", new Attribute.FloatsValue(List.of(-0f, 1e-40f, random.nextFloat())));
        attributes.put("ints", Attribute.ofInts(random.nextLong(), -1));
        attributes.put("strings", new Attribute.StringsValue(List.of(Bytes.EMPTY, Bytes.utf8("a \"b\" \\ 中"))));
        attributes.put("tensors", new Attribute.TensorsValue(List.of(tensor(DataType.INT4), tensor(DataType.FLOAT16))));
        attributes.put("no_ints", new Attribute.IntsValue(List.of()));
        attributes.put("no_floats", new Attribute.FloatsValue(List.of()));
        attributes.put("no_strings", new Attribute.StringsValue(List.of()));
        attributes.put("no_tensors", new Attribute.TensorsValue(List.of()));
        attributes.put("no_graphs", new Attribute.GraphsValue(List.of()));
        attributes.put("reference", new Attribute.Reference("alpha", 1));
        attributes.put("sparse", new Attribute.OpaqueValue(sparseAttribute()));
        if (depth > 0) {
            attributes.put("g", new Attribute.GraphValue(graph(depth - 1, visible)));
            attributes.put("graphs", new Attribute.GraphsValue(List.of(graph(0, visible), graph(0, visible))));
        }
        return attributes;
    }

    private static Bytes sparseAttribute() {
        return Bytes.of(OnnxProto.AttributeProto.newBuilder()
                .setType(OnnxProto.AttributeProto.AttributeType.SPARSE_TENSOR_VALUE)
                .setSparseTensor(OnnxProto.SparseTensorProto.newBuilder().addDims(4))
                .build()
                .toByteArray());
    }

    private Function function() {
        Node node = new Node(
                "",
                "Add",
                "",
                "",
                List.of("a", "b"),
                List.of("c"),
                Map.of("x", new Attribute.Reference("alpha", 2)),
                details());
        return new Function(
                "local.ops",
                "Op",
                "over",
                List.of("a", "b"),
                List.of("c"),
                List.of("alpha"),
                Map.of("beta", Attribute.of(2f)),
                List.of(node),
                List.of(new OperatorSet("", 17)),
                List.of(Value.tensor("c", DataType.FLOAT, Shape.of(2, 3))),
                details());
    }

    private TensorData tensor(DataType type) {
        long[] dims = new long[random.nextInt(4)];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = random.nextInt(4);
        }
        int count = (int) TensorData.elementCount(dims);
        if (type == DataType.STRING) {
            List<Bytes> strings =
                    IntStream.range(0, count).mapToObj(i -> Bytes.utf8("s" + i)).toList();
            return TensorData.ofStrings(strings, dims).withDetails(details());
        }
        return packed(type, count, dims).withDetails(details());
    }

    private TensorData packed(DataType type, int count, long[] dims) {
        if (type == DataType.BOOL) {
            return TensorData.ofIntegers(type, random.longs(count, 0, 2).toArray(), dims);
        }
        if (type == DataType.FLOAT || type == DataType.DOUBLE) {
            double[] values = random.doubles(count).toArray();
            float[] floats = new float[count];
            IntStream.range(0, count).forEach(i -> floats[i] = (float) values[i]);
            return type == DataType.FLOAT ? TensorData.ofFloats(floats, dims) : TensorData.ofDoubles(values, dims);
        }
        byte[] bytes = new byte[(int) type.sizeBytes(count)];
        random.nextBytes(bytes);
        int usedBits = (int) ((long) count * type.bits() % 8);
        if (usedBits > 0) {
            bytes[bytes.length - 1] &= (byte) ((1 << usedBits) - 1);
        }
        if (type == DataType.COMPLEX64 || type == DataType.COMPLEX128) {
            // No NaN, whose bits text cannot tell.
            Arrays.fill(bytes, (byte) random.nextInt(100));
        }
        return TensorData.ofBytes(type, MemorySegment.ofArray(bytes), dims);
    }

    private ValueType type() {
        List<Dimension> dimensions = List.of(
                new Dimension.Known(random.nextInt(5)), new Dimension.Symbolic("batch size"), new Dimension.Unknown());
        DataType[] types = DataType.values();
        return new ValueType.TensorType(types[random.nextInt(types.length)], Optional.of(new Shape(dimensions)));
    }

    private ValueType opaqueType() {
        OnnxProto.TypeProto element = Types.encode(type());
        OnnxProto.TypeProto type = random.nextBoolean()
                ? OnnxProto.TypeProto.newBuilder()
                        .setSequenceType(
                                OnnxProto.TypeProto.Sequence.newBuilder().setElemType(element))
                        .build()
                : OnnxProto.TypeProto.newBuilder()
                        .setMapType(OnnxProto.TypeProto.Map.newBuilder()
                                .setKeyType(7)
                                .setValueType(element))
                        .build();
        return new ValueType.OpaqueType(Bytes.of(type.toByteArray()));
    }

    private Value value(ValueType type) {
        return new Value(name(), type, details());
    }

    private Details details() {
        if (!detailed) {
            return Details.NONE;
        }
        // Field 4000, length-delimited.
        Bytes unknown = Bytes.of(new byte[] {(byte) 0x82, (byte) 0xfa, 1, 2, 'x', (byte) random.nextInt(128)});
        return new Details("documentation " + names, Map.of("key", "value " + names), unknown);
    }

    private String name() {
        names++;
        return random.nextBoolean() ? "value_" + names : "a \"strange\" / name." + names;
    }

    private String pick(List<String> visible) {
        return visible.get(random.nextInt(visible.size()));
    }
}
