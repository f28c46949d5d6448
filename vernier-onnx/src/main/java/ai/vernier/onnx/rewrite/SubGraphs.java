package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Renames what a node reads, also where its sub-graphs capture it.
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

    /// `node` reading `to` wherever it reads `from`.
    static Node rename(Node node, String from, String to) {
        List<String> inputs = node.inputs().stream()
                .map(input -> input.equals(from) ? to : input)
                .toList();
        Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
        attributes.replaceAll((_, attribute) -> rename(attribute, from, to));
        return node.withInputs(inputs).withAttributes(attributes);
    }

    private static Attribute rename(Attribute attribute, String from, String to) {
        if (attribute instanceof Attribute.GraphValue(Graph graph)) {
            return new Attribute.GraphValue(rename(graph, from, to));
        }
        if (attribute instanceof Attribute.GraphsValue(List<Graph> graphs)) {
            return new Attribute.GraphsValue(
                    graphs.stream().map(graph -> rename(graph, from, to)).toList());
        }
        return attribute;
    }

    private static Graph rename(Graph graph, String from, String to) {
        if (defines(graph, from)) {
            return graph;
        }
        List<Value> outputs = graph.outputs().stream()
                .map(value -> value.name().equals(from) ? new Value(to, value.type(), value.details()) : value)
                .toList();
        return graph.withInterface(graph.inputs(), outputs)
                .withNodes(graph.nodes().stream()
                        .map(node -> rename(node, from, to))
                        .toList());
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
