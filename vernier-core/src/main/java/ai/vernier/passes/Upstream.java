package ai.vernier.passes;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Follows values to the nodes that compute them, and remembers the nodes it went through.
///
/// @param passed the nodes of the pattern found so far
record Upstream(GraphEditor graph, List<Node> passed) {
    static Upstream from(Node last, GraphEditor graph) {
        return new Upstream(graph, new ArrayList<>(List.of(last)));
    }

    /// The `opType` node that computes `value`.
    Optional<Node> producer(String value, String opType) {
        Optional<Node> found =
                graph.producer(value).filter(node -> node.qualifiedType().equals(opType));
        found.filter(node -> !passed.contains(node)).ifPresent(passed::add);
        return found;
    }

    /// The number that a constant of one element holds. With more axes than one it may add some to the result.
    Optional<Double> scalar(String value) {
        return graph.constant(value)
                .filter(tensor -> tensor.elementCount() == 1 && tensor.rank() <= 1)
                .filter(tensor ->
                        tensor.dataType() == DataType.FLOAT || tensor.dataType().isInteger())
                .map(tensor -> tensor.dataType() == DataType.FLOAT ? (double) tensor.floatAt(0) : tensor.toLongs()[0]);
    }

    boolean isScalar(String value, double number) {
        return scalar(value).filter(found -> found == number).isPresent();
    }

    /// The axes that a reduction names, an attribute or (in newer opsets) a constant input 1, where it keeps them with
    /// extent 1.
    Optional<long[]> keptAxes(Node reduction) {
        return reduction.intAttribute("keepdims", 1) != 1
                ? Optional.empty()
                : reduction
                        .intsAttribute("axes")
                        .or(() -> reduction.input(1).flatMap(graph::constant).flatMap(TensorData::integers));
    }

    /// The value of which `value` is the square.
    Optional<String> square(String value) {
        Optional<Node> product = producer(value, "Mul")
                .filter(node -> node.inputs().get(0).equals(node.inputs().get(1)));
        return product.or(() -> producer(value, "Pow")
                        .filter(node -> isScalar(node.inputs().get(1), 2)))
                .map(node -> node.inputs().getFirst());
    }

    /// The value of which `value` is the square root.
    Optional<String> squareRoot(String value) {
        return producer(value, "Sqrt")
                .or(() -> producer(value, "Pow")
                        .filter(node -> isScalar(node.inputs().get(1), 0.5)))
                .map(node -> node.inputs().getFirst());
    }

    /// The value of which `value` is 1 / √·.
    Optional<String> inverseSquareRoot(String value) {
        return producer(value, "Reciprocal")
                .map(node -> node.inputs().getFirst())
                .or(() -> producer(value, "Div")
                        .filter(node -> isScalar(node.inputs().getFirst(), 1))
                        .map(node -> node.inputs().get(1)))
                .flatMap(this::squareRoot)
                .or(() -> producer(value, "Pow")
                        .filter(node -> isScalar(node.inputs().get(1), -0.5))
                        .map(node -> node.inputs().getFirst()));
    }

    /// Why the nodes passed cannot be replaced by one that computes what the first of them does; empty where they can.
    Optional<String> objection() {
        return passed.stream()
                .skip(1)
                .map(node -> node.outputs().getFirst())
                .filter(value -> graph.isGraphOutput(value)
                        || !graph.consumers(value).stream().allMatch(passed::contains))
                .findFirst()
                .map("its intermediate value '%s' is also read by others, or is a graph output"::formatted);
    }
}
