package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.NodePair;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Makes one Transpose of two in a row, or none where the second undoes the first.
///
/// ```
/// Transpose(p) → Transpose(q)   becomes   Transpose(p[q[0]], p[q[1]], …)
/// ```
public final class MergeTransposes implements Pass {
    private static final String NAME = "MergeTransposes";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Merging(Ranks.of(model.graph()))).apply(model);
    }

    private record Merging(Ranks ranks) implements Rule<NodePair> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<NodePair> match(Node node, GraphEditor graph) {
            return NodePair.endingAt(node, graph, Merging::isTranspose, Merging::isTranspose);
        }

        private static boolean isTranspose(Node node) {
            return node.qualifiedType().equals("Transpose");
        }

        @Override
        public Optional<String> objection(NodePair match, GraphEditor graph) {
            Optional<long[]> order = merged(match);
            if (order.isEmpty()) {
                return Optional.of("%s reverses axes of unknown number, or orders others than %s"
                        .formatted(match.first().label(), match.second().label()));
            }
            if (isIdentity(order.get())) {
                return graph.objectionToBypass(match.result(), match.source());
            }
            return graph.objectionToSharing(match.between());
        }

        private static boolean isIdentity(long[] order) {
            return IntStream.range(0, order.length).allMatch(i -> order[i] == i);
        }

        /// Axis i of the result is axis `p[q[i]]` of the source. Without a permutation axes are reversed.
        private Optional<long[]> merged(NodePair match) {
            int rank = match.first()
                    .intsAttribute("perm")
                    .or(() -> match.second().intsAttribute("perm"))
                    .map(perm -> perm.length)
                    .or(() -> ranks.rank(match.source()))
                    .orElse(-1);
            if (rank < 0) {
                return Optional.empty();
            }
            long[] first = order(match.first(), rank);
            long[] second = order(match.second(), rank);
            if (!isOrder(first, rank) || !isOrder(second, rank)) {
                return Optional.empty();
            }
            return Optional.of(
                    Arrays.stream(second).map(axis -> first[(int) axis]).toArray());
        }

        private static boolean isOrder(long[] order, int rank) {
            return Arrays.equals(
                    Arrays.stream(order).sorted().toArray(),
                    IntStream.range(0, rank).asLongStream().toArray());
        }

        private static long[] order(Node node, int rank) {
            return node.intsAttribute("perm")
                    .orElseGet(() -> IntStream.range(0, rank)
                            .mapToLong(axis -> rank - 1L - axis)
                            .toArray());
        }

        @Override
        public String rewrite(NodePair match, GraphEditor graph) {
            long[] order = merged(match).orElseThrow();
            if (isIdentity(order)) {
                graph.bypass(match.second(), match.result(), match.source());
                return "undoes " + match.first().label();
            }
            Node merged =
                    match.second().withInputs(List.of(match.source())).withAttribute("perm", Attribute.ofInts(order));
            graph.replace(match.second(), merged);
            return "merged with %s into perm %s".formatted(match.first().label(), Arrays.toString(order));
        }
    }
}
