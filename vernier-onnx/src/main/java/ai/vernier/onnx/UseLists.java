package ai.vernier.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Who produces and who consumes each value of one graph. A node that uses a value only inside its sub-graphs counts as
/// a consumer too; a node that uses a value twice is listed once.
public final class UseLists {
    private final Map<String, Node> producers;
    private final Map<String, List<Node>> consumers;
    private final Set<String> graphOutputs;

    private UseLists(Map<String, Node> producers, Map<String, List<Node>> consumers, Set<String> graphOutputs) {
        this.producers = producers;
        this.consumers = consumers;
        this.graphOutputs = graphOutputs;
    }

    static UseLists of(Graph graph) {
        Map<String, Node> producers = new HashMap<>();
        Map<String, List<Node>> consumers = new HashMap<>();
        for (Node node : graph.nodes()) {
            node.outputs().stream().filter(output -> !output.isEmpty()).forEach(output -> producers.put(output, node));
            for (String used : usedBy(node)) {
                consumers.computeIfAbsent(used, _ -> new ArrayList<>()).add(node);
            }
        }
        Set<String> outputs = new LinkedHashSet<>();
        graph.outputs().forEach(output -> outputs.add(output.name()));
        return new UseLists(producers, consumers, outputs);
    }

    /// The node that computes `value`; empty for graph inputs, initializers and unknown names.
    public Optional<Node> producer(String value) {
        return Optional.ofNullable(producers.get(value));
    }

    /// The nodes that read `value`, in graph order.
    public List<Node> consumers(String value) {
        return List.copyOf(consumers.getOrDefault(value, List.of()));
    }

    public boolean isGraphOutput(String value) {
        return graphOutputs.contains(value);
    }

    /// The one node that reads `value`, where there is exactly one and the value is no graph output.
    public Optional<Node> soleConsumer(String value) {
        List<Node> readers = consumers.getOrDefault(value, List.of());
        return readers.size() == 1 && !isGraphOutput(value) ? Optional.of(readers.getFirst()) : Optional.empty();
    }

    /// Every value of the surrounding graph that `node` reads, directly or captured by its sub-graphs.
    public static Set<String> usedBy(Node node) {
        Set<String> used = new LinkedHashSet<>();
        node.inputs().stream().filter(input -> !input.isEmpty()).forEach(used::add);
        for (Attribute attribute : node.attributes().values()) {
            switch (attribute) {
                case Attribute.GraphValue(Graph graph) -> used.addAll(captured(graph));
                case Attribute.GraphsValue(List<Graph> graphs) -> graphs.forEach(graph -> used.addAll(captured(graph)));
                default -> {}
            }
        }
        return used;
    }

    private static Set<String> captured(Graph graph) {
        Set<String> used = new LinkedHashSet<>();
        graph.nodes().forEach(node -> used.addAll(usedBy(node)));
        graph.outputs().forEach(output -> used.add(output.name()));
        graph.inputs().forEach(input -> used.remove(input.name()));
        graph.initializers().keySet().forEach(used::remove);
        graph.nodes().forEach(node -> node.outputs().forEach(used::remove));
        return used;
    }
}
