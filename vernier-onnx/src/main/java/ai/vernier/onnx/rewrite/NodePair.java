package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Node;
import java.util.Optional;
import java.util.function.Predicate;

/// Two nodes in a row, the pattern of many rules:
///
/// ```
/// source → first → between → second → result
/// ```
///
/// @param second reads the first output of `first` as its first input
public record NodePair(Node first, Node second) {
    /// The pair that ends at `node`; empty where it or the node before it is not as asked.
    public static Optional<NodePair> endingAt(
            Node node, GraphEditor graph, Predicate<Node> first, Predicate<Node> second) {
        return Optional.of(node)
                .filter(second)
                .flatMap(last -> last.input(0))
                .flatMap(graph::producer)
                .filter(first)
                .filter(producer ->
                        producer.outputs().getFirst().equals(node.inputs().getFirst()))
                .map(producer -> new NodePair(producer, node));
    }

    public String source() {
        return first.inputs().getFirst();
    }

    public String between() {
        return first.outputs().getFirst();
    }

    public String result() {
        return second.outputs().getFirst();
    }
}
