package ai.vernier.export;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.UseLists;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.rewrite.CapturedNames;
import ai.vernier.onnx.rewrite.NameSupply;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Inserts QuantizeLinear and DequantizeLinear into one graph; see [QdqExporter] for the pattern.
final class QdqGraph {
    /// From this version on the bounds of Clip are inputs.
    static final long CLIP_OPSET = 11;

    private final Graph graph;
    private final Map<String, Encoding> encodings;
    private final NameSupply names;
    private final QdqConstants constants;
    private final List<Node> nodes = new ArrayList<>();
    private final Set<String> dequantized = new HashSet<>();
    private final Map<String, String> renamed = new HashMap<>();

    QdqGraph(Graph graph, Map<String, Encoding> encodings, long opset) {
        this.graph = graph;
        this.encodings = encodings;
        this.names = NameSupply.of(graph);
        this.constants = new QdqConstants(graph, encodings, names);
    }

    Graph build() {
        graph.requiredInputs().stream()
                .map(Value::name)
                .filter(encodings::containsKey)
                .forEach(this::quantizeInput);
        graph.nodes().forEach(this::add);
        graph.initializers().keySet().forEach(this::dequantizeOnce);
        return graph.withNodes(uniquelyNamed())
                .withInitializers(constants.initializers())
                .withInterface(graph.requiredInputs(), graph.outputs());
    }

    /// ONNX lets nodes share a name, ONNX Runtime refuses that: the first keeps it.
    private List<Node> uniquelyNamed() {
        Set<String> taken = new HashSet<>();
        return nodes.stream()
                .map(node -> node.name().isEmpty() || taken.add(node.name())
                        ? node
                        : node.withName(names.fresh(node.name())))
                .toList();
    }

    /// A graph input keeps its name, so its readers change theirs.
    private void quantizeInput(String input) {
        String output = names.fresh(input + "_dequantized");
        renamed.put(input, output);
        addPair(input, input, output);
    }

    private void add(Node node) {
        UseLists.usedBy(node).forEach(this::dequantizeOnce);
        Node reading = renamed.isEmpty() ? node : CapturedNames.rename(node, renamed);
        Map<String, String> raw = new LinkedHashMap<>();
        node.outputs().stream()
                .filter(encodings::containsKey)
                .forEach(output -> raw.put(output, names.fresh(output + "_raw")));
        nodes.add(reading.withOutputs(node.outputs().stream()
                .map(output -> raw.getOrDefault(output, output))
                .toList()));
        raw.forEach((output, from) -> addPair(output, from, output));
    }

    private void addPair(String tensor, String from, String to) {
        Encoding encoding = constants.encoding(tensor);
        String saturated = Storage.usesWholeType(encoding) ? from : addClip(tensor, from, encoding);
        QdqConstants.Grid grid = constants.grid(tensor);
        String codes = names.fresh(tensor + "_quantized");
        List<String> inputs = List.of(saturated, grid.scale(), grid.zeroPoint());
        nodes.add(withGranularity(
                Node.of(names.fresh(tensor + "_QuantizeLinear"), "QuantizeLinear", inputs, List.of(codes)), encoding));
        addDequantize(tensor, codes, to);
    }

    private String addClip(String tensor, String from, Encoding encoding) {
        String clipped = names.fresh(tensor + "_saturated");
        QdqConstants.Bounds bounds = constants.bounds(tensor, encoding);
        List<String> inputs = List.of(from, bounds.min(), bounds.max());
        nodes.add(Node.of(names.fresh(tensor + "_Clip"), "Clip", inputs, List.of(clipped)));
        return clipped;
    }

    private void dequantizeOnce(String tensor) {
        if (constants.isQuantized(tensor) && dequantized.add(tensor)) {
            addDequantize(tensor, constants.codes(tensor), tensor);
        }
    }

    private void addDequantize(String tensor, String codes, String to) {
        QdqConstants.Grid grid = constants.grid(tensor);
        List<String> inputs = grid.zeroPoint().isEmpty()
                ? List.of(codes, grid.scale())
                : List.of(codes, grid.scale(), grid.zeroPoint());
        Node node = Node.of(names.fresh(tensor + "_DequantizeLinear"), "DequantizeLinear", inputs, List.of(to));
        nodes.add(withGranularity(node, constants.encoding(tensor)));
    }

    private static Node withGranularity(Node node, Encoding encoding) {
        return switch (encoding.granularity()) {
            case Granularity.PerTensor() -> node;
            case Granularity.PerChannel(int axis) -> node.withAttribute("axis", Attribute.of(axis));
            case Granularity.PerGroup(int axis, int size) ->
                node.withAttribute("axis", Attribute.of(axis)).withAttribute("block_size", Attribute.of(size));
        };
    }
}
