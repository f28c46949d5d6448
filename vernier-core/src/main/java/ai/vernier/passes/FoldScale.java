package ai.vernier.passes;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Arrays;
import java.util.Optional;

/// Folds the product with a constant, one or one per channel, into the weights of the sum of products before it, or
/// else after it.
///
/// ```
/// Conv(x, W, b) → Mul(·, c) → …   becomes   Conv(x, c·W, c·b) → …      along the output channels
/// Mul(x, c) → Conv(·, W, b) → …   becomes   Conv(x, W·c, b) → …        along the input channels
/// ```
///
/// For Conv, ConvTranspose, Gemm and MatMul, and for Div by a constant, which multiplies by 1/c. Computed in double
/// precision, rounded to float once.
public final class FoldScale implements Pass {
    private static final String NAME = "FoldScale";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        PassResult backward = new RulePass<>(new Backward()).apply(model);
        Ranks ranks = Ranks.of(model.graph());
        PassResult forward = new RulePass<>(new Forward(ranks)).apply(backward.model());
        return new PassResult(forward.model(), backward.log().plus(forward.log()));
    }

    /// @param scaling a Mul or Div of `data` and the constant `factor`
    record Match(Node scaling, String data, String factor, Node weighted) {
        TensorData constant(GraphEditor graph) {
            return graph.constant(factor).orElseThrow();
        }

        /// The factor of each of `channels`.
        double[] factors(int channels, GraphEditor graph) {
            TensorData constant = constant(graph);
            boolean inverse = scaling.opType().equals("Div");
            double[] factors = new double[channels];
            Arrays.setAll(factors, channel -> constant.floatAt(constant.elementCount() == 1 ? 0 : channel));
            if (inverse) {
                Arrays.setAll(factors, channel -> 1 / factors[channel]);
            }
            return factors;
        }
    }

    /// A Mul with a constant factor or a Div by a constant: `data` and constant.
    private static Optional<String[]> operands(Node node, GraphEditor graph) {
        boolean product = node.qualifiedType().equals("Mul");
        if (!product && !node.qualifiedType().equals("Div")) {
            return Optional.empty();
        }
        String first = node.inputs().get(0);
        String second = node.inputs().get(1);
        if (isFloat(second, graph) && graph.constant(first).isEmpty()) {
            return Optional.of(new String[] {first, second});
        }
        return product && isFloat(first, graph) && graph.constant(second).isEmpty()
                ? Optional.of(new String[] {second, first})
                : Optional.empty();
    }

    private static boolean isFloat(String name, GraphEditor graph) {
        return graph.constant(name)
                .filter(tensor -> tensor.dataType() == DataType.FLOAT)
                .isPresent();
    }

    private static Optional<String> valueObjection(Match match, GraphEditor graph) {
        TensorData constant = match.constant(graph);
        boolean inverse = match.scaling.opType().equals("Div");
        for (long i = 0; i < constant.elementCount(); i++) {
            float value = constant.floatAt(i);
            if (!Float.isFinite(value) || (inverse && value == 0)) {
                return Optional.of("'%s' holds %s".formatted(match.factor, value));
            }
        }
        return Optional.empty();
    }

    /// Aligned from the right, as broadcasting does, the constant has one extent that is not 1: the channels. A matrix
    /// product may be a vector, which a constant with more axes than one would make a matrix.
    private static Optional<String> shapeObjection(Match match, int channels, GraphEditor graph) {
        TensorData constant = match.constant(graph);
        int rank =
                graph.initializer(match.weighted.inputs().get(1)).orElseThrow().rank();
        boolean convolution = match.weighted.opType().startsWith("Conv");
        int fromRight = convolution ? rank - 1 : 1;
        boolean perChannel = constant.rank() >= fromRight
                && constant.dim(-fromRight) == channels
                && constant.elementCount() == channels;
        return constant.rank() <= (convolution ? rank : 1) && (constant.elementCount() == 1 || perChannel)
                ? Optional.empty()
                : Optional.of("'%s' is %s, not one value for each of %d channels"
                        .formatted(match.factor, constant, channels));
    }

    /// Into the node before.
    private record Backward() implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            return operands(node, graph)
                    .flatMap(operands -> graph.producer(operands[0])
                            .filter(WeightedNode::isWeighted)
                            .filter(weighted ->
                                    graph.constant(weighted.inputs().get(1)).isPresent())
                            .map(weighted -> new Match(node, operands[0], operands[1], weighted)));
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            return graph.objectionToSharing(match.data)
                    .or(() -> WeightedNode.objection(match.weighted, graph))
                    .or(() -> shapeObjection(
                            match, WeightedNode.of(match.weighted, graph).outputs(), graph))
                    .or(() -> valueObjection(match, graph))
                    .or(() -> graph.objectionToBypass(match.scaling.outputs().getFirst(), match.data));
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            WeightedNode weighted = WeightedNode.of(match.weighted, graph);
            weighted.scaleOutputs(match.factors(weighted.outputs(), graph), graph);
            graph.bypass(match.scaling, match.scaling.outputs().getFirst(), match.data);
            return "folded into %s before it".formatted(match.weighted.label());
        }
    }

    /// Into the node after.
    private record Forward(Ranks ranks) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            String output = node.outputs().getFirst();
            return operands(node, graph)
                    .flatMap(operands -> graph.consumers(output).stream()
                            .filter(WeightedNode::isWeighted)
                            .filter(reader -> reader.inputs().getFirst().equals(output)
                                    && graph.constant(reader.inputs().get(1)).isPresent())
                            .findFirst()
                            .map(weighted -> new Match(node, operands[0], operands[1], weighted)));
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            return graph.objectionToSharing(match.scaling.outputs().getFirst())
                    .or(() -> WeightedNode.objection(match.weighted, graph))
                    .or(() -> layoutObjection(match, graph))
                    .or(() -> shapeObjection(
                            match, WeightedNode.of(match.weighted, graph).inputs(), graph))
                    .or(() -> valueObjection(match, graph))
                    .or(() -> graph.objectionToBypass(match.scaling.outputs().getFirst(), match.data));
        }

        private Optional<String> layoutObjection(Match match, GraphEditor graph) {
            TensorData constant = match.constant(graph);
            if (constant.rank() > ranks.rank(match.data).orElse(1)) {
                return Optional.of(
                        "'%s' is %s, and may have more axes than '%s'".formatted(match.factor, constant, match.data));
            }
            boolean single = constant.elementCount() == 1;
            if (!single && !hasChannels(match, graph)) {
                return Optional.of("the file does not state that '%s' has as many channels as '%s' has values"
                        .formatted(match.data, match.factor));
            }
            boolean grouped =
                    match.weighted.intAttribute("group", 1) != 1 || match.weighted.intAttribute("transA", 0) != 0;
            return grouped && !single
                    ? Optional.of("%s has groups or reads its input transposed".formatted(match.weighted.label()))
                    : Optional.empty();
        }

        /// Data with one channel would be repeated by the product.
        private boolean hasChannels(Match match, GraphEditor graph) {
            TensorData constant = match.constant(graph);
            boolean convolution = match.weighted.opType().startsWith("Conv");
            return ranks.of(match.data)
                    .filter(shape -> shape.rank() >= 2)
                    .map(Shape::sizes)
                    .filter(sizes -> sizes[convolution ? 1 : sizes.length - 1] == constant.elementCount())
                    .isPresent();
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            WeightedNode weighted = WeightedNode.of(match.weighted, graph);
            weighted.scaleInputs(match.factors(weighted.inputs(), graph), graph);
            graph.bypass(match.scaling, match.scaling.outputs().getFirst(), match.data);
            return "folded into %s after it".formatted(match.weighted.label());
        }
    }
}
