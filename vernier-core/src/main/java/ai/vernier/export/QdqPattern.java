package ai.vernier.export;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.UseLists;
import ai.vernier.onnx.Value;
import ai.vernier.quant.Encoding;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The QuantizeLinear and DequantizeLinear nodes of one graph, understood: which tensor each of them belongs to, and
/// its grid.
final class QdqPattern {
    private static final String OTHER_TOOLS_SUFFIX = "_DequantizeLinear_Output";

    private final Graph graph;
    private final UseLists uses;
    private final QdqGrids grids;
    private final boolean ownLayout;
    private final Set<String> interfaceNames = new HashSet<>();
    private final Map<String, Encoding> encodings = new LinkedHashMap<>();
    private final Map<String, String> produced = new HashMap<>();
    private final Map<String, String> reads = new HashMap<>();
    private final Map<String, Map<String, TensorData>> weights = new HashMap<>();
    private final Set<String> constants = new HashSet<>();
    private final Set<Node> parts = Collections.newSetFromMap(new IdentityHashMap<>());

    private QdqPattern(Model model) {
        this.graph = model.graph();
        this.uses = graph.uses();
        this.grids = new QdqGrids(model);
        this.ownLayout = model.details().metadata().containsKey(QdqExporter.LAYOUT_KEY);
        graph.inputs().stream().map(Value::name).forEach(interfaceNames::add);
        interfaceNames.addAll(graph.initializers().keySet());
    }

    /// @throws UnsupportedModelException where a node is not part of a plain pattern
    static QdqPattern of(Model model) {
        QdqPattern pattern = new QdqPattern(model);
        for (Node node : model.graph().nodes()) {
            if (isQuantize(node)) {
                pattern.addActivation(node);
            } else if (isDequantize(node)) {
                pattern.addConstantOrCheck(node);
            } else {
                checkOther(node);
            }
        }
        return pattern;
    }

    /// Grids by the name that the tensor gets once the pairs are gone.
    Map<String, Encoding> encodings() {
        return Collections.unmodifiableMap(encodings);
    }

    /// For outputs of nodes: the name that they get.
    Map<String, String> produced() {
        return Collections.unmodifiableMap(produced);
    }

    /// For inputs of nodes: the name that they get.
    Map<String, String> reads() {
        return Collections.unmodifiableMap(reads);
    }

    /// Codes, scales, zero points and bounds that the pattern reads.
    Set<String> constants() {
        return Collections.unmodifiableSet(constants);
    }

    /// The float tensors whose codes stand in the constant `codes`; more than one where equal weights share them.
    Map<String, TensorData> weightsStoredIn(String codes) {
        return Collections.unmodifiableMap(weights.getOrDefault(codes, Map.of()));
    }

    boolean isPartOfPattern(Node node) {
        return parts.contains(node);
    }

    private static boolean isQuantize(Node node) {
        return node.opType().equals("QuantizeLinear");
    }

    private static boolean isDequantize(Node node) {
        return node.opType().equals("DequantizeLinear");
    }

    private void addConstantOrCheck(Node dequantize) {
        String codes = dequantize.inputs().getFirst();
        TensorData value = grids.constant(codes).orElse(null);
        if (value == null) {
            boolean pair = uses.producer(codes).filter(QdqPattern::isQuantize).isPresent();
            if (!pair) {
                throw refusal(dequantize, "it reads integers that '%s' computes".formatted(codes));
            }
            return;
        }
        String output = dequantize.outputs().getFirst();
        String tensor = constantName(output);
        Encoding encoding = grids.ofDequantize(dequantize, tensor, value);
        encodings.put(tensor, encoding);
        weights.computeIfAbsent(codes, _ -> new LinkedHashMap<>()).put(tensor, weight(dequantize, value, encoding));
        reads.put(output, tensor);
        remove(dequantize);
    }

    private static TensorData weight(Node dequantize, TensorData codes, Encoding encoding) {
        try {
            return FloatCodes.of(codes, encoding);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(
                    "%s: scales and zero points do not fit its codes: %s".formatted(dequantize.label(), e.getMessage()),
                    e);
        }
    }

    /// onnxruntime.quantization calls the dequantized form of `w` `w_DequantizeLinear_Output`.
    private String constantName(String output) {
        if (ownLayout || uses.isGraphOutput(output) || !output.endsWith(OTHER_TOOLS_SUFFIX)) {
            return output;
        }
        String name = output.substring(0, output.length() - OTHER_TOOLS_SUFFIX.length());
        boolean free = !interfaceNames.contains(name) && uses.producer(name).isEmpty();
        return free && !encodings.containsKey(name) ? name : output;
    }

    private void addActivation(Node quantize) {
        List<Node> dequantizes = uses.consumers(quantize.outputs().getFirst());
        boolean plain = !dequantizes.isEmpty()
                && !uses.isGraphOutput(quantize.outputs().getFirst())
                && dequantizes.stream().allMatch(QdqPattern::isDequantize);
        if (!plain) {
            throw refusal(quantize, "something other than DequantizeLinear reads its integers");
        }
        String firstOutput = dequantizes.getFirst().outputs().getFirst();
        Node clip = ownLayout ? narrowingClip(quantize, firstOutput).orElse(null) : null;
        String source =
                clip == null ? quantize.inputs().getFirst() : clip.inputs().getFirst();
        checkReaders(quantize, source);
        String tensor = activationName(quantize, source, dequantizes);
        Encoding encoding = grids.ofQuantize(quantize, narrowName(source, firstOutput));
        dequantizes.forEach(each -> checkSameGrid(quantize, each));
        Encoding before = encodings.put(tensor, encoding);
        if (before != null && !before.equals(encoding)) {
            throw refusal(quantize, "'%s' has a second grid".formatted(source));
        }
        produced.put(source, tensor);
        dequantizes.forEach(each -> reads.put(each.outputs().getFirst(), tensor));
        remove(quantize);
        dequantizes.forEach(this::remove);
        if (clip != null) {
            remove(clip);
        }
    }

    /// The exporter notes a narrow grid under the tensor's name: the input of the graph, or what the pair gives out.
    private String narrowName(String source, String output) {
        return interfaceNames.contains(source) ? source : output;
    }

    /// The Clip in front of a narrow grid, which is noted under the name of the input of the graph, or of the output of
    /// the pair.
    private Optional<Node> narrowingClip(Node quantize, String output) {
        return uses.producer(quantize.inputs().getFirst())
                .filter(node -> node.opType().equals("Clip"))
                .filter(clip ->
                        grids.isNarrow(output) || grids.isNarrow(clip.inputs().getFirst()));
    }

    private void checkReaders(Node quantize, String source) {
        boolean floatReader = uses.consumers(source).stream()
                .anyMatch(reader -> !isQuantize(reader) && !parts.contains(reader) && !isNarrowing(reader));
        if (floatReader && !encodings.containsKey(source)) {
            throw refusal(quantize, "'%s' is also read in float".formatted(source));
        }
    }

    private boolean isNarrowing(Node node) {
        return ownLayout
                && node.opType().equals("Clip")
                && uses.consumers(node.outputs().getFirst()).stream().allMatch(QdqPattern::isQuantize);
    }

    private String activationName(Node quantize, String source, List<Node> dequantizes) {
        List<String> outputs = dequantizes.stream()
                .map(node -> node.outputs().getFirst())
                .filter(uses::isGraphOutput)
                .toList();
        if (interfaceNames.contains(source) && outputs.isEmpty()) {
            return source;
        }
        if (outputs.size() > 1 || interfaceNames.contains(source)) {
            throw refusal(quantize, "the tensor is a graph output under a second name");
        }
        String otherwise = ownLayout ? dequantizes.getFirst().outputs().getFirst() : source;
        return outputs.isEmpty() ? otherwise : outputs.getFirst();
    }

    private void checkSameGrid(Node quantize, Node dequantize) {
        if (!grids.haveSameGrid(quantize, dequantize)) {
            throw refusal(dequantize, "its grid is not that of " + quantize.label());
        }
    }

    private void remove(Node node) {
        parts.add(node);
        constants.addAll(node.inputs());
    }

    private static void checkOther(Node node) {
        boolean integer = node.opType().startsWith("QLinear")
                || node.opType().endsWith("Integer")
                || node.opType().equals("DynamicQuantizeLinear");
        if (integer) {
            throw refusal(node, "it computes on integers");
        }
        for (Attribute attribute : node.attributes().values()) {
            if (attribute instanceof Attribute.GraphValue(Graph inner)) {
                inner.nodes().stream()
                        .filter(each -> isQuantize(each) || isDequantize(each))
                        .findFirst()
                        .ifPresent(each -> {
                            throw refusal(each, "it stands in a sub-graph");
                        });
            }
        }
    }

    private static UnsupportedModelException refusal(Node node, String reason) {
        return new UnsupportedModelException(
                "%s: %s; only pairs of QuantizeLinear and DequantizeLinear with one grid per tensor are read back"
                        .formatted(node.label(), reason));
    }
}
