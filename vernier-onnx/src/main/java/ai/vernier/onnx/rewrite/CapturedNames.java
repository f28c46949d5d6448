package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Renames values where nodes read them, in the sub-graphs of the nodes too.
public final class CapturedNames {
    private CapturedNames() {}

    /// `node` reading `renamed[v]` instead of each `v`; its outputs keep their names.
    public static Node rename(Node node, Map<String, String> renamed) {
        Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
        attributes.replaceAll((_, attribute) -> switch (attribute) {
            case Attribute.GraphValue(Graph graph) -> new Attribute.GraphValue(rename(graph, renamed));
            case Attribute.GraphsValue(List<Graph> graphs) ->
                new Attribute.GraphsValue(
                        graphs.stream().map(graph -> rename(graph, renamed)).toList());
            default -> attribute;
        });
        List<String> inputs = node.inputs().stream()
                .map(input -> renamed.getOrDefault(input, input))
                .toList();
        return node.withInputs(inputs).withAttributes(attributes);
    }

    /// A name that the sub-graph defines itself hides the outer one. An output that is an outer value is renamed as
    /// well: the outputs of a sub-graph count by position.
    private static Graph rename(Graph graph, Map<String, String> renamed) {
        Map<String, String> visible = new HashMap<>(renamed);
        graph.inputs().forEach(input -> visible.remove(input.name()));
        visible.keySet().removeAll(graph.initializers().keySet());
        graph.nodes().forEach(node -> node.outputs().forEach(visible::remove));
        if (visible.isEmpty()) {
            return graph;
        }
        List<Value> outputs = graph.outputs().stream()
                .map(output ->
                        new Value(visible.getOrDefault(output.name(), output.name()), output.type(), output.details()))
                .toList();
        return graph.withNodes(graph.nodes().stream()
                        .map(node -> rename(node, visible))
                        .toList())
                .withInterface(graph.inputs(), outputs);
    }
}
