package ai.vernier.analyze;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Multiply-accumulates of convolutions, matrix products, recurrent layers and attention in one run.
///
/// Of an If the costlier branch counts, unless its condition is known; the body of a Loop or Scan counts once per
/// iteration.
///
/// @param byNode per node label, in graph order
/// @param byOperator per operator type
/// @param unknown labels of such nodes whose shapes or iterations the model does not determine
public record MultiplyAccumulates(Map<String, Long> byNode, Map<String, Long> byOperator, List<String> unknown) {
    public MultiplyAccumulates {
        byNode = Collections.unmodifiableMap(new LinkedHashMap<>(byNode));
        byOperator = Collections.unmodifiableMap(new LinkedHashMap<>(byOperator));
        unknown = List.copyOf(unknown);
    }

    private MultiplyAccumulates() {
        this(Map.of(), Map.of(), List.of());
    }

    static MultiplyAccumulates of(Graph graph, ValueFacts facts) {
        Map<String, Long> byNode = new LinkedHashMap<>();
        Map<String, Long> byOperator = new LinkedHashMap<>();
        List<String> unknown = new ArrayList<>();
        for (Node node : graph.nodes()) {
            MultiplyAccumulates cost = of(new NodeFacts(node, facts));
            cost.byNode.forEach((label, count) -> byNode.merge(label, count, MultiplyAccumulates::saturated));
            cost.byOperator.forEach((type, count) -> byOperator.merge(type, count, MultiplyAccumulates::saturated));
            unknown.addAll(cost.unknown);
        }
        return new MultiplyAccumulates(byNode, byOperator, unknown);
    }

    /// Sum over the nodes of known shape.
    public long total() {
        return byNode.values().stream().mapToLong(Long::longValue).reduce(0, MultiplyAccumulates::saturated);
    }

    private static long saturated(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static MultiplyAccumulates of(NodeFacts node) {
        try {
            return switch (node.type()) {
                case "If" -> costlier(node);
                case "Loop", "Scan" -> repeated(node);
                default -> isCounted(node.type()) || isForeign(node.node()) ? counted(node) : new MultiplyAccumulates();
            };
        } catch (Undetermined
                | ArithmeticException
                | IndexOutOfBoundsException
                | IllegalArgumentException
                | InvalidInputException _) {
            return unknown(node);
        }
    }

    private static MultiplyAccumulates unknown(NodeFacts node) {
        return new MultiplyAccumulates(Map.of(), Map.of(), List.of(node.node().label()));
    }

    private static MultiplyAccumulates costlier(NodeFacts node) {
        MultiplyAccumulates most = new MultiplyAccumulates();
        List<String> unknown = new ArrayList<>();
        for (Graph branch : ControlFlowShapes.branches(node)) {
            MultiplyAccumulates cost = inside(node, branch);
            unknown.addAll(cost.unknown);
            most = cost.total() > most.total() ? cost : most;
        }
        return new MultiplyAccumulates(most.byNode, most.byOperator, unknown);
    }

    private static MultiplyAccumulates inside(NodeFacts node, Graph graph) {
        return of(graph, node.values().inside(graph).orElseThrow(Undetermined::new));
    }

    private static MultiplyAccumulates repeated(NodeFacts node) {
        MultiplyAccumulates once = inside(node, ControlFlowShapes.body(node.node(), "body"));
        if (once.byNode.isEmpty()) {
            return once;
        }
        OptionalLong iterations = ControlFlowShapes.iterations(node);
        return iterations.isEmpty()
                ? unknown(node)
                : new MultiplyAccumulates(
                        times(once.byNode, iterations.getAsLong()),
                        times(once.byOperator, iterations.getAsLong()),
                        once.unknown);
    }

    private static Map<String, Long> times(Map<String, Long> counts, long factor) {
        Map<String, Long> product = new LinkedHashMap<>();
        counts.forEach((key, count) -> product.put(key, Math.multiplyExact(count, factor)));
        return product;
    }

    private static MultiplyAccumulates counted(NodeFacts node) {
        long count = count(node);
        return new MultiplyAccumulates(Map.of(node.node().label(), count), Map.of(node.type(), count), List.of());
    }

    /// Whether nothing is known of an operator but its name.
    private static boolean isForeign(Node node) {
        return switch (node.domain()) {
            case "", "ai.onnx.ml", "ai.onnx.preview", "com.microsoft" -> false;
            default -> true;
        };
    }

    private static boolean isCounted(String type) {
        return switch (type) {
            case "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "com.microsoft.FusedConv" -> true;
            case "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul", "Einsum", "LSTM", "GRU", "RNN" -> true;
            case "com.microsoft.FusedMatMul", "com.microsoft.FusedGemm", "com.microsoft.QGemm" -> true;
            case "com.microsoft.MatMulNBits",
                    "com.microsoft.MatMulIntegerToFloat",
                    "com.microsoft.DynamicQuantizeMatMul" -> true;
            // Without a formula here: named as unknown instead of left out.
            case "Attention", "LinearAttention", "CausalConvWithState", "ai.onnx.preview.FlexAttention" -> true;
            case "com.microsoft.Attention", "com.microsoft.MultiHeadAttention", "com.microsoft.GroupQueryAttention" ->
                true;
            default -> false;
        };
    }

    private static long count(NodeFacts node) {
        if (isForeign(node.node())) {
            throw new Undetermined();
        }
        return switch (node.type()) {
            case "Conv", "ConvInteger", "DeformConv", "com.microsoft.FusedConv" ->
                product(result(node), kernel(node.shape(1)));
            case "QLinearConv" -> product(result(node), kernel(node.shape(3)));
            case "ConvTranspose" -> product(node.shape(0), kernel(node.shape(1)));
            case "Gemm", "com.microsoft.FusedGemm", "com.microsoft.QGemm" ->
                product(result(node), node.shape(0)[node.number("transA", 0) == 0 ? 1 : 0]);
            case "com.microsoft.FusedMatMul" ->
                product(result(node), last(MatrixShapes.turned(node.shape(0), node.number("transA", 0))));
            case "Einsum" ->
                product(MatrixShapes.labels(node).values().stream()
                        .mapToLong(Long::longValue)
                        .toArray());
            case "LSTM", "GRU", "RNN" -> recurrent(node);
            case "Attention" -> attention(node);
            case "com.microsoft.Attention",
                    "com.microsoft.MultiHeadAttention",
                    "com.microsoft.GroupQueryAttention",
                    "LinearAttention",
                    "CausalConvWithState",
                    "ai.onnx.preview.FlexAttention" -> throw new Undetermined();
            default -> product(result(node), last(node.shape(0)));
        };
    }

    private static long[] result(NodeFacts node) {
        return node.values().shape(node.node().outputs().getFirst()).orElseThrow(Undetermined::new);
    }

    /// Products that one output of a convolution sums; for the transposed one, that one input takes part in.
    private static long[] kernel(long[] weight) {
        return Arrays.copyOfRange(weight, 1, weight.length);
    }

    private static long last(long[] extents) {
        return extents[extents.length - 1];
    }

    /// Every step multiplies one row with W [directions, gates·hidden, input] and R [directions, gates·hidden, hidden].
    private static long recurrent(NodeFacts node) {
        long[] sequence = node.shape(0);
        long rows = product(new long[] {sequence[0], sequence[1]});
        return Math.addExact(product(node.shape(1), rows), product(node.shape(2), rows));
    }

    /// Q·Kᵀ and its product with V: queries · keys · (head + value head) per head and sample.
    private static long attention(NodeFacts node) {
        long[] queries = node.shape(0);
        long[] keys = node.shape(1);
        long[] values = node.shape(2);
        boolean hasPast = node.has(4);
        if (hasPast || queries.length != keys.length) {
            throw new Undetermined();
        }
        return queries.length == 4
                ? product(
                        new long[] {queries[0], queries[1], queries[2], keys[2]}, Math.addExact(queries[3], values[3]))
                : product(new long[] {queries[0], queries[1], keys[1]}, Math.addExact(queries[2], last(result(node))));
    }

    private static long product(long[] extents, long... more) {
        long product = 1;
        for (long[] some : new long[][] {extents, more}) {
            for (long extent : some) {
                if (extent < 0) {
                    throw new Undetermined();
                }
                product = Math.multiplyExact(product, extent);
            }
        }
        return product;
    }
}
