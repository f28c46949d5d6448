package ai.vernier.passes;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The shapes that a file states of the values of its main graph.
final class Ranks {
    private final Map<String, Shape> shapes;

    private Ranks(Map<String, Shape> shapes) {
        this.shapes = shapes;
    }

    static Ranks of(Graph graph) {
        Map<String, Shape> shapes = new HashMap<>();
        graph.initializers().forEach((name, tensor) -> shapes.put(name, Shape.of(tensor.dims())));
        Stream.of(graph.valueInfos(), graph.outputs(), graph.inputs())
                .flatMap(values -> values.stream())
                .forEach(value -> put(shapes, value));
        return new Ranks(shapes);
    }

    private static void put(Map<String, Shape> shapes, Value value) {
        value.shape().ifPresent(shape -> shapes.put(value.name(), shape));
    }

    Optional<Shape> of(String value) {
        return Optional.ofNullable(shapes.get(value));
    }

    /// Why a MatMul is not known to multiply matrices, as Gemm would; empty where it is, and for other operators.
    Optional<String> objection(Node node) {
        boolean matrix = !node.opType().equals("MatMul")
                || of(node.inputs().getFirst())
                        .filter(shape -> shape.rank() == 2)
                        .isPresent()
                || of(node.outputs().getFirst())
                        .filter(shape -> shape.rank() == 2)
                        .isPresent();
        return matrix
                ? Optional.empty()
                : Optional.of(
                        "%s is not known to multiply matrices, and only Gemm takes a bias".formatted(node.label()));
    }
}
