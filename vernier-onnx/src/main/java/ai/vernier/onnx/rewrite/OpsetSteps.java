package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// What each version of the `ai.onnx` operators changed in the meaning of a node, from version 8 to 24: the table
/// behind [OpsetUpgrade]. Versions 22 to 24 brought element types and new operators only.
final class OpsetSteps {
    private static final List<String> REDUCTIONS = List.of(
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum",
            "ReduceLogSumExp",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceProd",
            "ReduceSumSquare");

    private OpsetSteps() {}

    /// `node`, written for the version before `version`, as nodes of `version`.
    static List<Node> convert(Node node, long version, Site site) {
        if (!node.domain().isEmpty()) {
            return List.of(node);
        }
        return switch ((int) version) {
            case 9 -> List.of(to9(node, site));
            case 10 -> List.of(to10(node, site));
            case 11 -> List.of(to11(node, site));
            case 12 -> List.of(to12(node, site));
            case 13 -> to13(node, site);
            case 14 -> List.of(to14(node));
            case 16 -> List.of(to16(node));
            case 18 -> List.of(to18(node, site));
            case 20 -> List.of(to20(node, site));
            case 21 -> List.of(to21(node));
            default -> List.of(node);
        };
    }

    private static Node to9(Node node, Site site) {
        return switch (node.opType()) {
            case "BatchNormalization" -> {
                require(node, node.intAttribute("spatial", 1) == 1, 9, "spatial = 0");
                yield without(node, "spatial");
            }
            case "Scan" -> throw refusal(node, 9, "its inputs changed");
            case "Upsample" -> floatsToInput(node, "scales", site);
            default -> node;
        };
    }

    private static Node to10(Node node, Site site) {
        return switch (node.opType()) {
            case "Dropout" -> {
                require(
                        node,
                        node.outputs().stream().filter(name -> !name.isEmpty()).count() == 1,
                        10,
                        "a float mask");
                yield node;
            }
            case "Slice" -> slice(node, site);
            case "TopK" -> {
                String k = site.constant(node, "k", TensorData.ofLongs(new long[] {node.intAttribute("k", 1)}, 1));
                yield append(without(node, "k"), k);
            }
            case "Upsample" -> retyped(node, "Resize");
            default -> node;
        };
    }

    private static Node slice(Node node, Site site) {
        Node sliced = node;
        for (String key : List.of("starts", "ends", "axes")) {
            sliced = intsToInput(sliced, key, site);
        }
        return sliced;
    }

    private static Node to11(Node node, Site site) {
        return switch (node.opType()) {
            case "Clip" -> floatToInput(floatToInput(node, "min", site), "max", site);
            case "Pad" -> {
                boolean zero = node.floatAttribute("value", 0) == 0;
                Node padded = intsToInput(node, "pads", site);
                yield zero ? without(padded, "value") : floatToInput(padded, "value", site);
            }
            case "Resize" -> resize(node, site);
            case "Scatter" -> retyped(node, "ScatterElements");
            default -> node;
        };
    }

    /// Resize 10 samples at `x_out / scale`, which version 11 calls asymmetric, and rounds down in mode nearest.
    private static Node resize(Node node, Site site) {
        String roi = site.constant(node, "roi", TensorData.ofFloats(new float[0], 0));
        Node resized = node.withInputs(
                        List.of(node.inputs().get(0), roi, node.inputs().get(1)))
                .withAttribute("coordinate_transformation_mode", Attribute.of("asymmetric"));
        boolean nearest = node.stringAttribute("mode", "nearest").equals("nearest");
        return nearest ? resized.withAttribute("nearest_mode", Attribute.of("floor")) : resized;
    }

    private static Node to12(Node node, Site site) {
        return node.opType().equals("Dropout") ? floatToInput(node, "ratio", site) : node;
    }

    private static List<Node> to13(Node node, Site site) {
        return switch (node.opType()) {
            case "ReduceSum", "Squeeze", "Unsqueeze" -> List.of(intsToInput(node, "axes", site));
            case "Split" -> List.of(intsToInput(node, "split", site));
            case "Hardmax", "LogSoftmax", "Softmax" -> softmax(node, site);
            case "Resize" -> {
                String mode = node.stringAttribute("coordinate_transformation_mode", "half_pixel");
                require(node, !mode.equals("tf_half_pixel_for_nn"), 13, mode);
                yield List.of(node);
            }
            default -> List.of(node);
        };
    }

    /// Before version 13 the input was flattened to two dimensions at `axis` (default 1) and each row normalized.
    /// Only where `axis` is the last one does that equal the newer meaning.
    private static List<Node> softmax(Node node, Site site) {
        long axis = node.intAttribute("axis", 1);
        OptionalInt rank = site.rank(node.inputs().getFirst());
        if (axis == -1 || (rank.isPresent() && axis == rank.getAsInt() - 1)) {
            return List.of(node.withAttribute("axis", Attribute.of(-1)));
        }
        String input = node.inputs().getFirst();
        String output = node.outputs().getFirst();
        String flat = site.names().fresh(output + "_rows");
        String normalized = site.names().fresh(output + "_normalized_rows");
        String shape = site.names().fresh(output + "_shape");
        return List.of(
                Node.of(site.names().fresh(node.name() + "_Shape"), "Shape", List.of(input), List.of(shape)),
                Node.of(site.names().fresh(node.name() + "_Flatten"), "Flatten", List.of(input), List.of(flat))
                        .withAttribute("axis", Attribute.of(axis)),
                node.withInputs(List.of(flat)).withOutputs(List.of(normalized)).withAttribute("axis", Attribute.of(-1)),
                Node.of(
                        site.names().fresh(node.name() + "_Reshape"),
                        "Reshape",
                        List.of(normalized, shape),
                        List.of(output)));
    }

    private static Node to14(Node node) {
        if (node.opType().equals("BatchNormalization")) {
            long outputs =
                    node.outputs().stream().filter(name -> !name.isEmpty()).count();
            require(node, outputs == 1, 14, "training outputs");
        }
        return node;
    }

    private static Node to16(Node node) {
        return node.opType().equals("RoiAlign")
                ? node.withAttribute("coordinate_transformation_mode", Attribute.of("output_half_pixel"))
                : node;
    }

    private static Node to18(Node node, Site site) {
        if (REDUCTIONS.contains(node.opType())) {
            return intsToInput(node, "axes", site);
        }
        boolean equalParts = node.opType().equals("Split") && node.input(1).isEmpty();
        return equalParts
                ? node.withAttribute("num_outputs", Attribute.of(node.outputs().size()))
                : node;
    }

    private static Node to20(Node node, Site site) {
        return switch (node.opType()) {
            case "DFT" -> {
                TensorData axis = TensorData.ofLongs(new long[] {node.intAttribute("axis", 1)});
                List<String> inputs =
                        List.of(node.inputs().getFirst(), node.input(1).orElse(""), site.constant(node, "axis", axis));
                yield without(node, "axis").withInputs(inputs);
            }
            case "GridSample" -> {
                String mode = node.stringAttribute("mode", "bilinear");
                String renamed = switch (mode) {
                    case "bilinear" -> "linear";
                    case "bicubic" -> "cubic";
                    default -> mode;
                };
                yield node.withAttribute("mode", Attribute.of(renamed));
            }
            default -> node;
        };
    }

    private static Node to21(Node node) {
        require(node, !node.opType().equals("GroupNormalization"), 21, "a scale per group");
        return node;
    }

    private static Node intsToInput(Node node, String key, Site site) {
        return node.intsAttribute(key)
                .map(values ->
                        append(without(node, key), site.constant(node, key, TensorData.ofLongs(values, values.length))))
                .orElse(node);
    }

    private static Node floatsToInput(Node node, String key, Site site) {
        if (!(node.attributes().get(key) instanceof Attribute.FloatsValue(List<Float> values))) {
            throw refusal(node, 9, "no '" + key + "'");
        }
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return append(without(node, key), site.constant(node, key, TensorData.ofFloats(array, array.length)));
    }

    /// Moves a float attribute to the next input, which stays empty where the attribute is absent. The attribute was
    /// float32 whatever the node's element type; only float32 nodes are converted.
    private static Node floatToInput(Node node, String key, Site site) {
        if (!node.attributes().containsKey(key)) {
            return append(node, "");
        }
        require(node, site.isFloatOrUnstated(node), 12, "an element type other than float");
        TensorData value = TensorData.ofFloats(new float[] {node.floatAttribute(key, 0)});
        return append(without(node, key), site.constant(node, key, value));
    }

    private static Node append(Node node, String input) {
        return node.withInputs(
                Stream.concat(node.inputs().stream(), Stream.of(input)).toList());
    }

    private static Node without(Node node, String key) {
        Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
        attributes.remove(key);
        return node.withAttributes(attributes);
    }

    private static Node retyped(Node node, String opType) {
        return new Node(
                node.name(),
                opType,
                node.domain(),
                node.overload(),
                node.inputs(),
                node.outputs(),
                node.attributes(),
                node.details());
    }

    private static void require(Node node, boolean convertible, int version, String found) {
        if (!convertible) {
            throw refusal(node, version, found);
        }
    }

    private static UnsupportedModelException refusal(Node node, int version, String found) {
        return new UnsupportedModelException(
                "%s: its meaning changed in opset %d and it cannot be converted (%s); export the model against opset %d or newer"
                        .formatted(node.label(), version, found, version));
    }

    /// The graph in which nodes are converted: what is known of its values, and the constants added to it. Equal
    /// constants are added once.
    static final class Site {
        private final NameSupply names;
        private final Map<String, Value> stated = new HashMap<>();
        private final Map<String, TensorData> initializers;
        private final Map<TensorData, String> added = new HashMap<>();

        Site(Graph graph, NameSupply names) {
            this.names = names;
            this.initializers = new LinkedHashMap<>(graph.initializers());
            for (List<Value> values : List.of(graph.valueInfos(), graph.inputs(), graph.outputs())) {
                values.forEach(value -> stated.put(value.name(), value));
            }
        }

        NameSupply names() {
            return names;
        }

        Map<String, TensorData> initializers() {
            return Collections.unmodifiableMap(initializers);
        }

        String constant(Node node, String role, TensorData value) {
            return added.computeIfAbsent(value, _ -> {
                String name = names.fresh(node.outputs().getFirst() + "_" + role);
                initializers.put(name, value);
                return name;
            });
        }

        OptionalInt rank(String name) {
            TensorData initializer = initializers.get(name);
            if (initializer != null) {
                return OptionalInt.of(initializer.rank());
            }
            Value value = stated.get(name);
            return value == null || value.shape().isEmpty()
                    ? OptionalInt.empty()
                    : OptionalInt.of(value.shape().get().rank());
        }

        boolean isFloatOrUnstated(Node node) {
            return Stream.concat(
                            node.inputs().stream().limit(1),
                            node.outputs().stream().limit(1))
                    .map(stated::get)
                    .filter(value -> value != null)
                    .allMatch(value -> value.elementType().orElse(DataType.FLOAT) == DataType.FLOAT);
        }
    }
}
