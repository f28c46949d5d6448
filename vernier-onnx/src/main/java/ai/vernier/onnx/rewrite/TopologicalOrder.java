package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Node;
import ai.vernier.onnx.UseLists;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Sorts nodes so that each comes after those that compute what it reads; a list that is sorted stays as it is.
final class TopologicalOrder {
    private final Map<String, Node> producers = new HashMap<>();
    private final Set<Node> begun = identitySet();
    private final List<Node> sorted = new ArrayList<>();

    private TopologicalOrder(Collection<Node> nodes) {
        nodes.forEach(node -> node.outputs().forEach(output -> producers.put(output, node)));
        producers.remove("");
    }

    /// @throws IllegalStateException where the nodes form a cycle
    static List<Node> of(Collection<Node> nodes) {
        TopologicalOrder order = new TopologicalOrder(nodes);
        nodes.forEach(order::place);
        return order.sorted;
    }

    /// Hashing a node would walk through its sub-graphs.
    private static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    private record Visit(Node node, Iterator<String> inputs) {
        static Visit of(Node node) {
            return new Visit(node, UseLists.usedBy(node).iterator());
        }
    }

    /// Depth-first on an explicit stack: chains may be long.
    private void place(Node node) {
        if (!begun.add(node)) {
            return;
        }
        Deque<Visit> open = new ArrayDeque<>(List.of(Visit.of(node)));
        Set<Node> path = identitySet();
        path.add(node);
        while (!open.isEmpty()) {
            Visit visit = open.peek();
            if (!visit.inputs().hasNext()) {
                path.remove(open.pop().node());
                sorted.add(visit.node());
                continue;
            }
            Node producer = producers.get(visit.inputs().next());
            if (producer == null) {
                continue;
            }
            if (path.contains(producer)) {
                throw new IllegalStateException("the edit made a cycle through " + producer.label());
            }
            if (begun.add(producer)) {
                path.add(producer);
                open.push(Visit.of(producer));
            }
        }
    }
}
