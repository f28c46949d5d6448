package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes a Softmax of its arithmetic along one axis, with or without the maximum taken out first.
///
/// ```
/// Exp(x − ReduceMax(x, a)) → e,  Div(e, ReduceSum(e, a))   becomes   Softmax(x, axis = a)
/// ```
public final class FuseSoftmax implements Pass {
    private static final String NAME = "FuseSoftmax";
    /// From this opset on, Softmax is along one axis; before, along all from one on.
    private static final long ALONG_ONE_AXIS = 13;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Fusing(model.opset(), Ranks.of(model.graph()))).apply(model);
    }

    /// @param nodes the quotient and what leads to it
    record Match(Node quotient, String input, long axis, Upstream nodes) {}

    private record Fusing(long opset, Ranks ranks) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            if (!node.qualifiedType().equals("Div")) {
                return Optional.empty();
            }
            Upstream nodes = Upstream.from(node, graph);
            String numerator = node.inputs().get(0);
            Optional<long[]> axes = nodes.producer(node.inputs().get(1), "ReduceSum")
                    .filter(sum -> sum.inputs().getFirst().equals(numerator))
                    .flatMap(nodes::keptAxes)
                    .filter(found -> found.length == 1);
            Optional<Node> exponential = nodes.producer(numerator, "Exp");
            return axes.isEmpty() || exponential.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Match(
                            node,
                            input(exponential.get().inputs().getFirst(), axes.get(), nodes),
                            axes.get()[0],
                            nodes));
        }

        /// `x` where `exponent` is `x − max(x)`, else the exponent itself.
        private static String input(String exponent, long[] axes, Upstream nodes) {
            Upstream trial = Upstream.from(nodes.passed().getFirst(), nodes.graph());
            Optional<Node> difference = trial.producer(exponent, "Sub")
                    .filter(sub -> trial.producer(sub.inputs().get(1), "ReduceMax")
                            .filter(max ->
                                    max.inputs().getFirst().equals(sub.inputs().getFirst()))
                            .flatMap(trial::keptAxes)
                            .filter(found -> Arrays.equals(found, axes))
                            .isPresent());
            difference.ifPresent(_ -> trial.passed().stream().skip(1).forEach(nodes.passed()::add));
            return difference.map(sub -> sub.inputs().getFirst()).orElse(exponent);
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            if (ranks.rank(match.input).equals(Optional.of(0))) {
                return Optional.of("'%s' is a scalar, and Softmax needs an axis".formatted(match.input));
            }
            return match.nodes
                    .objection()
                    .or(() -> opset >= ALONG_ONE_AXIS || isLast(match)
                            ? Optional.empty()
                            : Optional.of("before opset %d Softmax is along one axis only where it is the last"
                                    .formatted(ALONG_ONE_AXIS)));
        }

        private boolean isLast(Match match) {
            return ranks.rank(match.input)
                    .filter(rank -> match.axis == -1 || match.axis == rank - 1)
                    .isPresent();
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            long axis = opset >= ALONG_ONE_AXIS
                    ? match.axis
                    : ranks.rank(match.input).orElseThrow() - 1;
            Node old = match.quotient;
            graph.replace(
                    old,
                    new Node(
                            old.name(),
                            "Softmax",
                            "",
                            "",
                            List.of(match.input),
                            old.outputs(),
                            Map.of("axis", Attribute.of(axis)),
                            old.details()));
            return "%d nodes became Softmax of '%s'"
                    .formatted(match.nodes.passed().size(), match.input);
        }
    }
}
