package ai.vernier.passes;

import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The shapes that a file states of the values of its main graph, and where it states none, how many axes they have
/// as the operators propagate it.
final class Ranks {
    private final Map<String, Shape> shapes;
    private final Map<String, TensorData> constants;

    private Ranks(Map<String, Shape> shapes, Map<String, TensorData> constants) {
        this.shapes = shapes;
        this.constants = constants;
    }

    static Ranks of(Graph graph) {
        Map<String, Shape> shapes = new HashMap<>();
        graph.initializers().forEach((name, tensor) -> shapes.put(name, Shape.of(tensor.dims())));
        Stream.of(graph.valueInfos(), graph.outputs(), graph.inputs())
                .flatMap(values -> values.stream())
                .forEach(value -> put(shapes, value));
        Ranks ranks = new Ranks(shapes, graph.initializers());
        graph.nodes().forEach(ranks::propagate);
        return ranks;
    }

    private static void put(Map<String, Shape> shapes, Value value) {
        value.shape().ifPresent(shape -> shapes.put(value.name(), shape));
    }

    private void propagate(Node node) {
        String output = node.outputs().isEmpty() ? "" : node.outputs().getFirst();
        if (!output.isEmpty() && !shapes.containsKey(output) && node.domain().isEmpty()) {
            outputRank(node)
                    .filter(rank -> rank >= 0)
                    .ifPresent(
                            rank -> shapes.put(output, new Shape(Collections.nCopies(rank, new Dimension.Unknown()))));
        }
    }

    private Optional<Integer> outputRank(Node node) {
        Optional<Integer> first = node.input(0).flatMap(this::rank);
        return switch (node.opType()) {
            case "Conv", "ConvTranspose", "BatchNormalization", "InstanceNormalization", "LayerNormalization" -> first;
            case "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Pad", "Resize", "Upsample" -> first;
            case "Relu", "LeakyRelu", "Elu", "Selu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh" -> first;
            case "Gelu", "Mish", "Softplus", "Softmax", "LogSoftmax", "Erf", "Exp", "Log", "Sqrt", "Neg" -> first;
            case "Abs", "Reciprocal", "Identity", "Dropout", "Cast", "Slice", "Concat", "Split" -> first;
            case "DepthToSpace", "SpaceToDepth" -> first;
            case "Add", "Sub", "Mul", "Div", "Pow", "PRelu", "Min", "Max", "Sum", "Where" -> largest(node);
            case "MatMul" -> largest(node).filter(rank -> rank >= 2 && operandsAreMatrices(node));
            case "Transpose" ->
                node.intsAttribute("perm").map(perm -> perm.length).or(() -> first);
            case "Gemm", "Flatten" -> Optional.of(2);
            case "Shape" -> Optional.of(1);
            case "Reshape" -> node.input(1).flatMap(this::constant).map(shape -> (int) shape.elementCount());
            case "Unsqueeze" -> axes(node).flatMap(count -> first.map(rank -> rank + count));
            case "Squeeze" -> axes(node).flatMap(count -> first.map(rank -> rank - count));
            case "Gather" ->
                first.flatMap(data -> node.input(1).flatMap(this::rank).map(indices -> data + indices - 1));
            case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin" ->
                node.intAttribute("keepdims", 1) != 0
                        ? first
                        : axes(node).flatMap(count -> first.map(rank -> rank - count));
            default -> Optional.empty();
        };
    }

    /// A vector operand would lose its axis.
    private boolean operandsAreMatrices(Node node) {
        return node.inputs().stream().allMatch(name -> rank(name).orElse(0) >= 2);
    }

    private Optional<Integer> largest(Node node) {
        int largest = 0;
        for (String input : node.inputs()) {
            Optional<Integer> rank = rank(input);
            if (rank.isEmpty()) {
                return rank;
            }
            largest = Math.max(largest, rank.get());
        }
        return Optional.of(largest);
    }

    /// How many axes an attribute, or input 1 of newer opsets, names; an empty list may mean all of them.
    private Optional<Integer> axes(Node node) {
        return node.intsAttribute("axes")
                .map(axes -> axes.length)
                .or(() -> node.input(1).flatMap(this::constant).map(axes -> (int) axes.elementCount()))
                .filter(count -> count > 0);
    }

    private Optional<TensorData> constant(String name) {
        return Optional.ofNullable(constants.get(name));
    }

    Optional<Shape> of(String value) {
        return Optional.ofNullable(shapes.get(value));
    }

    /// How many axes `value` has.
    Optional<Integer> rank(String value) {
        return of(value).map(Shape::rank);
    }

    /// Whether `node` reads and writes matrices, as Gemm would.
    boolean isMatrixProduct(Node node) {
        return rank(node.inputs().getFirst()).equals(Optional.of(2))
                || rank(node.outputs().getFirst()).equals(Optional.of(2));
    }

    /// Why a MatMul is not known to multiply matrices, as Gemm would; empty where it is, and for other operators.
    Optional<String> objection(Node node) {
        return !node.opType().equals("MatMul") || isMatrixProduct(node)
                ? Optional.empty()
                : Optional.of(
                        "%s is not known to multiply matrices, and only Gemm takes a bias".formatted(node.label()));
    }
}
