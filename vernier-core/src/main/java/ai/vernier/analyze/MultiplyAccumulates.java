package ai.vernier.analyze;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Multiply-accumulates of convolutions, matrix products and recurrent layers for one sample.
///
/// @param byNode per node label, in graph order
/// @param unknown labels of such nodes whose shapes the model does not determine
public record MultiplyAccumulates(Map<String, Long> byNode, List<String> unknown) {
    public MultiplyAccumulates {
        byNode = new LinkedHashMap<>(byNode);
        unknown = List.copyOf(unknown);
    }

    static MultiplyAccumulates of(Graph graph) {
        Map<String, long[]> shapes = ShapeInference.of(graph);
        Map<String, Long> byNode = new LinkedHashMap<>();
        List<String> unknown = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (isCounted(node) && !node.outputs().isEmpty()) {
                OptionalLong count = countOrNone(node, shapes);
                if (count.isPresent()) {
                    byNode.merge(node.label(), count.getAsLong(), Long::sum);
                } else {
                    unknown.add(node.label());
                }
            }
        }
        return new MultiplyAccumulates(byNode, unknown);
    }

    /// Sum over the nodes of known shape.
    public long total() {
        return byNode.values().stream().mapToLong(Long::longValue).reduce(0, MultiplyAccumulates::saturated);
    }

    private static long saturated(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static boolean isCounted(Node node) {
        return switch (node.qualifiedType()) {
            case "Conv", "ConvTranspose", "ConvInteger", "Gemm", "MatMul", "MatMulInteger", "LSTM", "GRU", "RNN" ->
                true;
            default -> false;
        };
    }

    /// Empty also where the count exceeds a long or an attribute is no number.
    private static OptionalLong countOrNone(Node node, Map<String, long[]> shapes) {
        try {
            return count(node, shapes);
        } catch (ArithmeticException | InvalidInputException _) {
            return OptionalLong.empty();
        }
    }

    private static OptionalLong count(Node node, Map<String, long[]> shapes) {
        long[] left = shape(node.input(0).orElse(""), shapes);
        long[] right = shape(node.input(1).orElse(""), shapes);
        long[] result = shape(node.outputs().getFirst(), shapes);
        return switch (node.opType()) {
            case "Conv", "ConvInteger" ->
                right.length == 0 ? OptionalLong.empty() : product(result, Arrays.copyOfRange(right, 1, right.length));
            case "ConvTranspose" ->
                right.length == 0 ? OptionalLong.empty() : product(left, Arrays.copyOfRange(right, 1, right.length));
            case "Gemm" -> inner(left, result, node.intAttribute("transA", 0) == 0 ? 1 : 0);
            case "MatMul", "MatMulInteger" -> inner(left, result, left.length - 1);
            default -> recurrent(left, right, shape(node.input(2).orElse(""), shapes));
        };
    }

    private static OptionalLong inner(long[] left, long[] result, int axis) {
        return axis < 0 || axis >= left.length ? OptionalLong.empty() : product(result, new long[] {left[axis]});
    }

    /// Every step multiplies one row with W [directions, gates·hidden, input] and R [directions, gates·hidden, hidden].
    private static OptionalLong recurrent(long[] sequence, long[] inputWeights, long[] recurrentWeights) {
        if (sequence.length != 3) {
            return OptionalLong.empty();
        }
        long[] rows = {sequence[0], sequence[1]};
        OptionalLong fromInput = product(rows, inputWeights);
        OptionalLong fromState = product(rows, recurrentWeights);
        return fromInput.isPresent() && fromState.isPresent()
                ? OptionalLong.of(Math.addExact(fromInput.getAsLong(), fromState.getAsLong()))
                : OptionalLong.empty();
    }

    private static long[] shape(String value, Map<String, long[]> shapes) {
        return shapes.getOrDefault(value, new long[0]);
    }

    /// Product of all extents; empty where a shape is unknown.
    private static OptionalLong product(long[] some, long[] more) {
        if (some.length == 0) {
            return OptionalLong.empty();
        }
        long product = 1;
        for (long[] extents : new long[][] {some, more}) {
            for (long extent : extents) {
                if (extent < 0) {
                    return OptionalLong.empty();
                }
                product = Math.multiplyExact(product, extent);
            }
        }
        return OptionalLong.of(product);
    }
}
