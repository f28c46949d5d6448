package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Hands out names that no value and no node of a graph or of its sub-graphs has yet; the same requests in the same
/// order get the same names.
public final class NameSupply {
    private final Set<String> taken = new HashSet<>();
    /// The first number to try behind a name: counting from 1 again would take squares of the number of requests.
    private final Map<String, Integer> next = new HashMap<>();

    NameSupply() {}

    /// Knows every name in `graph` and its sub-graphs.
    public static NameSupply of(Graph graph) {
        NameSupply names = new NameSupply();
        names.take(graph);
        return names;
    }

    /// `wanted` where it is free, else `wanted_1`, `wanted_2`, …
    public String fresh(String wanted) {
        if (taken.add(wanted)) {
            return wanted;
        }
        int number = next.getOrDefault(wanted, 1);
        while (!taken.add(wanted + "_" + number)) {
            number++;
        }
        next.put(wanted, number + 1);
        return wanted + "_" + number;
    }

    /// Will not hand out `name`.
    void take(String name) {
        taken.add(name);
    }

    private void take(Graph graph) {
        graph.inputs().stream().map(Value::name).forEach(taken::add);
        graph.outputs().stream().map(Value::name).forEach(taken::add);
        taken.addAll(graph.initializers().keySet());
        graph.nodes().forEach(this::take);
    }

    private void take(Node node) {
        taken.add(node.name());
        taken.addAll(node.inputs());
        taken.addAll(node.outputs());
        for (Attribute attribute : node.attributes().values()) {
            switch (attribute) {
                case Attribute.GraphValue(Graph graph) -> take(graph);
                case Attribute.GraphsValue(List<Graph> graphs) -> graphs.forEach(this::take);
                default -> {}
            }
        }
    }
}
