package ai.vernier.passes;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/// Random models made of what the passes look for, and of what only looks like it: constants that broadcast to more
/// axes, values that are also read elsewhere, in a sub-graph or handed out, other axes, other types, other opsets.
///
/// A piece that ONNX Runtime refuses is taken back, so every model is one that it runs.
final class NearPatterns {
    private static final long[] OPSETS = {8, 9, 11, 12, 13, 15, 17, 18, 20, 21};
    private static final int PIECES = 5;

    final Random random;
    final long opset;
    final DataType type;
    private final TensorData input;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, TensorData> initializers = new LinkedHashMap<>();
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final Set<String> shown = new LinkedHashSet<>();
    private int names;

    private NearPatterns(long seed) {
        random = new Random(seed);
        opset = OPSETS[random.nextInt(OPSETS.length)];
        type = chance(8) ? DataType.DOUBLE : chance(12) ? DataType.INT64 : DataType.FLOAT;
        long[][] starts = {{2, 4, 6, 6}, {1, 4, 5, 7}, {2, 4, 6}, {1, 6, 1, 6}, {3, 4}, {1, 4}, {4}, {}, {2, 1, 4, 1}};
        input = values(starts[random.nextInt(starts.length)]);
    }

    /// A model, and what to feed it.
    record Case(Model model, Map<String, TensorData> inputs) {
        /// What ONNX Runtime makes of it; empty where it does not run the whole.
        Map<String, TensorData> outputs() {
            try (OrtModel runtime = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
                return runtime.run(inputs);
            } catch (InvalidInputException | UnsupportedModelException _) {
                return Map.of();
            }
        }
    }

    static Case of(long seed) {
        NearPatterns net = new NearPatterns(seed);
        String last = "x";
        net.shapes.put(last, net.input.dims());
        for (int i = 0; i < PIECES || net.nodes.isEmpty(); i++) {
            last = net.grown(last);
        }
        return new Case(net.model(last), Map.of("x", net.input));
    }

    /// One piece more, or none where ONNX Runtime does not take it.
    private String grown(String last) {
        List<Node> nodesBefore = List.copyOf(nodes);
        Map<String, TensorData> initializersBefore = new LinkedHashMap<>(initializers);
        String next;
        try {
            next = new NearPieces(this).append(last);
            TensorData result = Objects.requireNonNull(run(next).get(next));
            if (result.dataType() == type && result.elementCount() > 0 && result.elementCount() < 4096) {
                shapes.put(next, result.dims());
                if (chance(6)) {
                    shown.add(next);
                }
                return next;
            }
        } catch (InvalidInputException | UnsupportedModelException | IndexOutOfBoundsException _) {
            // a piece for more axes, or for other types
        }
        nodes.clear();
        nodes.addAll(nodesBefore);
        initializers.clear();
        initializers.putAll(initializersBefore);
        return last;
    }

    private Map<String, TensorData> run(String output) {
        Model partial = modelOf(List.of(new Value(output, untyped(), Details.NONE)), List.of());
        try (OrtModel runtime = OrtModel.open(OnnxWriter.toBytes(partial), 1)) {
            return runtime.run(Map.of("x", input));
        }
    }

    private ValueType untyped() {
        return new ValueType.TensorType(type, Optional.empty());
    }

    // ---- for the pieces

    boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    long[] shape(String value) {
        return Objects.requireNonNull(shapes.get(value), value);
    }

    /// An earlier value of that shape, or any.
    String earlier() {
        List<String> known = List.copyOf(shapes.keySet());
        return known.get(random.nextInt(known.size()));
    }

    String name() {
        names++;
        return "v" + names;
    }

    /// The result of a node; `attributes` are in pairs of name and value.
    String node(String opType, List<String> inputs, Object... attributes) {
        Node node = bare(opType, inputs, name(), attributes);
        nodes.add(node);
        String output = node.outputs().getFirst();
        if (chance(25)) {
            shown.add(output);
        }
        return output;
    }

    static Node bare(String opType, List<String> inputs, String output, Object... attributes) {
        Node node = Node.of(output, opType, inputs, List.of(output));
        for (int i = 0; i < attributes.length; i += 2) {
            node = node.withAttribute((String) attributes[i], (Attribute) attributes[i + 1]);
        }
        return node;
    }

    /// An initializer, or a Constant node; sometimes one that is there already.
    String constant(TensorData tensor) {
        Optional<String> known = initializers.entrySet().stream()
                .filter(entry -> entry.getValue().equals(tensor)
                        || (chance(3)
                                && entry.getValue().dataType() == tensor.dataType()
                                && tensor.elementCount() > 4
                                && entry.getValue().toString().equals(tensor.toString())))
                .map(Map.Entry::getKey)
                .findFirst();
        if (known.isPresent() && chance(2)) {
            return known.get();
        }
        String name = "c" + name();
        if (chance(4)) {
            nodes.add(bare("Constant", List.of(), name, "value", new Attribute.TensorValue(tensor)));
        } else {
            initializers.put(name, tensor);
        }
        return name;
    }

    String number(double value) {
        long[][] forms = {{}, {}, {}, {1}, {1, 1}, {1, 1, 1, 1, 1}};
        return constant(filled(value, forms[random.nextInt(forms.length)]));
    }

    /// The same number in the element type of the model.
    TensorData filled(double value, long... dims) {
        return switch (type) {
            case DOUBLE -> TensorData.ofDoubles(new double[] {value}, dims);
            case INT64 -> TensorData.ofLongs(new long[] {(long) value}, dims);
            default -> TensorData.ofFloats(new float[] {(float) value}, dims);
        };
    }

    TensorData values(long... dims) {
        int count = Math.toIntExact(TensorData.elementCount(dims));
        float[] floats = new float[count];
        double[] doubles = new double[count];
        long[] longs = new long[count];
        for (int i = 0; i < count; i++) {
            doubles[i] = random.nextGaussian();
            floats[i] = (float) doubles[i];
            longs[i] = random.nextLong(-4, 5);
        }
        return switch (type) {
            case DOUBLE -> TensorData.ofDoubles(doubles, dims);
            case INT64 -> TensorData.ofLongs(longs, dims);
            default -> TensorData.ofFloats(floats, dims);
        };
    }

    String integers(long... numbers) {
        return constant(TensorData.ofLongs(numbers, numbers.length));
    }

    // ---- the model

    private Model model(String last) {
        shown.add(last);
        shown.removeIf(name -> nodes.stream().noneMatch(node -> node.outputs().contains(name)));
        List<Value> outputs = shown.stream().map(this::declared).toList();
        List<Value> stated = shapes.keySet().stream()
                .filter(name -> !shown.contains(name) && !name.equals("x") && chance(2))
                .map(this::declared)
                .toList();
        return modelOf(outputs, stated);
    }

    private Value declared(String name) {
        long[] dims = shapes.get(name);
        return dims == null || chance(3)
                ? new Value(name, untyped(), Details.NONE)
                : Value.tensor(name, type, Shape.of(dims));
    }

    private Model modelOf(List<Value> outputs, List<Value> stated) {
        Value fed = Value.tensor("x", type, Shape.of(input.dims()));
        if (chance(3) && input.rank() > 0) {
            List<Dimension> dims = new ArrayList<>(Shape.of(input.dims()).dimensions());
            dims.set(0, new Dimension.Symbolic("n"));
            fed = Value.tensor("x", type, new Shape(dims));
        }
        Graph graph = new Graph("near", List.of(fed), outputs, nodes, initializers, stated, Details.NONE);
        return Model.of(graph, opset).withIrVersion(8);
    }
}
