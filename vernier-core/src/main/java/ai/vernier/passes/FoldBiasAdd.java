package ai.vernier.passes;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/// Folds the addition of a constant per channel into the bias of the sum of products before it, as converters from
/// CNTK and TensorFlow leave it behind:
///
/// ```
/// Conv(x, W, b) → Add(·, c) → …  becomes  Conv(x, W, b + c) → …
/// Conv(x, W, b) → Sub(·, c) → …  becomes  Conv(x, W, b − c) → …
/// ```
///
/// For Conv, ConvTranspose and Gemm. MatMul keeps its Add, which a plan fuses: it may multiply stacks of matrices,
/// for which no operator has a bias.
public final class FoldBiasAdd implements Pass {
    private static final String NAME = "FoldBiasAdd";
    private static final Set<String> WITH_BIAS = Set.of("Conv", "ConvTranspose", "Gemm");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Folding()).apply(model);
    }

    /// @param add the Add or Sub
    /// @param sum the output of `weighted`, one operand of `add`
    /// @param constant the other operand
    record Match(Node weighted, Node add, String sum, String constant) {}

    private record Folding() implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            boolean sum = node.qualifiedType().equals("Add");
            if (!sum && !node.qualifiedType().equals("Sub")) {
                return Optional.empty();
            }
            String first = node.inputs().get(0);
            String second = node.inputs().get(1);
            return !sum
                    ? match(node, first, second, graph)
                    : match(node, first, second, graph).or(() -> match(node, second, first, graph));
        }

        private static Optional<Match> match(Node add, String sum, String constant, GraphEditor graph) {
            return graph.producer(sum)
                    .filter(node -> node.domain().isEmpty() && WITH_BIAS.contains(node.opType()))
                    .filter(_ -> graph.constant(constant)
                            .filter(tensor -> tensor.dataType() == DataType.FLOAT)
                            .isPresent())
                    .map(weighted -> new Match(weighted, add, sum, constant));
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            return graph.objectionToSharing(match.sum)
                    .or(() -> WeightedNode.objection(match.weighted, graph))
                    .or(() -> shapeObjection(match, graph))
                    .or(() -> graph.objectionToBypass(match.add.outputs().getFirst(), match.sum));
        }

        /// Aligned from the right, as broadcasting does, the constant has one extent that is not 1: the channels.
        private static Optional<String> shapeObjection(Match match, GraphEditor graph) {
            long[] dims = graph.constant(match.constant).orElseThrow().dims();
            int rank = graph.initializer(match.weighted.inputs().get(1))
                    .orElseThrow()
                    .rank();
            int channels = WeightedNode.of(match.weighted, graph).outputs();
            int fromRight = match.weighted.opType().equals("Gemm") ? 1 : rank - 1;
            boolean single = Arrays.stream(dims).allMatch(dim -> dim == 1);
            boolean perChannel = dims.length >= fromRight
                    && dims[dims.length - fromRight] == channels
                    && Arrays.stream(dims).filter(dim -> dim != 1).count() == (channels == 1 ? 0 : 1);
            return dims.length <= rank && (single || perChannel)
                    ? Optional.empty()
                    : Optional.of("%s adds '%s' of shape %s, not one value for each of %d channels"
                            .formatted(match.add.label(), match.constant, Arrays.toString(dims), channels));
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            WeightedNode weighted = WeightedNode.of(match.weighted, graph);
            TensorData constant = graph.constant(match.constant).orElseThrow();
            double[] shift = new double[weighted.outputs()];
            double sign = match.add.opType().equals("Sub") ? -1 : 1;
            Arrays.setAll(shift, channel -> sign * constant.floatAt(constant.elementCount() == 1 ? 0 : channel));
            weighted.shiftOutputs(shift, graph);
            graph.bypass(match.add, match.add.outputs().getFirst(), match.sum);
            return "folded into the bias of " + match.weighted.label();
        }
    }
}
