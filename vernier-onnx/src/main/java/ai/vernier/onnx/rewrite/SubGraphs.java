package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Looks into the sub-graphs of nodes.
final class SubGraphs {
    private SubGraphs() {}

    static Stream<Graph> of(Node node) {
        return node.attributes().values().stream().flatMap(SubGraphs::of);
    }

    private static Stream<Graph> of(Attribute attribute) {
        if (attribute instanceof Attribute.GraphValue(Graph graph)) {
            return Stream.of(graph);
        }
        return attribute instanceof Attribute.GraphsValue(List<Graph> graphs) ? graphs.stream() : Stream.empty();
    }

    /// Whether a sub-graph of `node`, at any depth, has a value `name` of its own.
    static boolean define(Node node, String name) {
        return of(node).anyMatch(
                        graph -> defines(graph, name) || graph.nodes().stream().anyMatch(inner -> define(inner, name)));
    }

    private static boolean defines(Graph graph, String name) {
        return graph.initializers().containsKey(name)
                || graph.inputs().stream().anyMatch(input -> input.name().equals(name))
                || graph.nodes().stream().anyMatch(node -> node.outputs().contains(name));
    }

    /// Tells `sink` every value name of `graph` and of its sub-graphs.
    static void names(Graph graph, Consumer<String> sink) {
        graph.inputs().forEach(input -> sink.accept(input.name()));
        graph.outputs().forEach(output -> sink.accept(output.name()));
        graph.initializers().keySet().forEach(sink);
        for (Node node : graph.nodes()) {
            node.inputs().forEach(sink);
            node.outputs().forEach(sink);
            of(node).forEach(inner -> names(inner, sink));
        }
    }
}
