package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes one operator of the arithmetic of a normalization, with m = ReduceMean(x) along some axes and d = x − m:
///
/// ```
/// d / √(ReduceMean(d²) + ε) · γ + β    along the last axes         becomes   LayerNormalization(x, γ, β)
/// d / √(ReduceMean(d²) + ε) · γ + β    along all axes behind 1     becomes   InstanceNormalization(x, γ, β)
/// x / √(ReduceMean(x²) + ε) · γ        along the last axes         becomes   RMSNormalization(x, γ)
/// ```
///
/// Squares may be Pow or Mul, the quotient a product with a reciprocal, γ and β may be missing. A model of an older
/// opset is raised to the one that has the operator, 17 for LayerNormalization and 23 for RMSNormalization, as far as
/// that is allowed. As arithmetic, mean and root would each want a grid; as an operator, only input and
/// output do.
public final class FuseNormalization implements Pass {
    private static final String NAME = "FuseNormalization";

    private static final Map<String, Long> SINCE =
            Map.of("LayerNormalization", 17L, "InstanceNormalization", 7L, "RMSNormalization", 23L);

    private final long newestOpset;

    /// @param newestOpset how far an older model may be raised
    public FuseNormalization(long newestOpset) {
        this.newestOpset = newestOpset;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        NormalizedShapes shapes = NormalizedShapes.of(model.graph());
        return new RaisingPass<>(NAME, newestOpset, opset -> new Fusing(opset, newestOpset, shapes)).apply(model);
    }

    /// @param arithmetic what was found up to the quotient
    /// @param scale γ, and `bias` β, by name; empty where there is none
    /// @param last the node whose output is the result
    record Match(NormalizationArithmetic arithmetic, String scale, String bias, Node last) {}

    /// The single operator: its type, attributes and parameters, or why there is none.
    ///
    /// @param objection empty where there is one
    record Operator(
            String opType, Map<String, Attribute> attributes, List<TensorData> parameters, Optional<String> objection) {
        static Operator none(String why) {
            return new Operator("", Map.of(), List.of(), Optional.of(why));
        }
    }

    private record Fusing(long opset, long newestOpset, NormalizedShapes shapes) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            return NormalizationArithmetic.endingAt(node, graph).map(found -> withParameters(found, graph));
        }

        /// Goes on downstream to γ and β.
        private static Match withParameters(NormalizationArithmetic found, GraphEditor graph) {
            Node quotient = found.quotient();
            Optional<Node> product = next(quotient, "Mul", graph);
            Node scaled = product.orElse(quotient);
            Optional<Node> sum = found.centred() ? next(scaled, "Add", graph) : Optional.empty();
            return new Match(
                    found,
                    product.map(node -> constantOperand(node, graph)).orElse(""),
                    sum.map(node -> constantOperand(node, graph)).orElse(""),
                    sum.orElse(scaled));
        }

        /// The only reader of what `node` computes, where it combines that with a constant.
        private static Optional<Node> next(Node node, String opType, GraphEditor graph) {
            return graph.soleConsumer(node.outputs().getFirst())
                    .filter(reader -> reader.qualifiedType().equals(opType))
                    .filter(reader -> !constantOperand(reader, graph).isEmpty());
        }

        private static String constantOperand(Node node, GraphEditor graph) {
            return node.inputs().stream()
                    .filter(name -> graph.constant(name).isPresent())
                    .findFirst()
                    .orElse("");
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            Operator operator = operator(match, graph);
            return match.arithmetic
                    .nodes()
                    .objection()
                    .or(operator::objection)
                    .or(() -> needed(operator) <= opset
                            ? Optional.empty()
                            : Optional.of(RaisingPass.tooOld(operator.opType, needed(operator), opset, newestOpset)));
        }

        private static long needed(Operator operator) {
            return SINCE.getOrDefault(operator.opType, 0L);
        }

        private Operator operator(Match match, GraphEditor graph) {
            return shapes.operator(match.arithmetic, parameter(match.scale, graph), parameter(match.bias, graph));
        }

        private static Optional<TensorData> parameter(String name, GraphEditor graph) {
            return name.isEmpty() ? Optional.empty() : graph.constant(name);
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            Operator operator = operator(match, graph);
            List<String> inputs = new ArrayList<>(List.of(match.arithmetic.input()));
            List<String> hints = List.of(
                    match.scale.isEmpty() ? match.last.outputs().getFirst() + "_scale" : match.scale,
                    match.bias.isEmpty() ? match.last.outputs().getFirst() + "_bias" : match.bias);
            for (int i = 0; i < operator.parameters.size(); i++) {
                inputs.add(parameter(operator.parameters.get(i), hints.get(i), graph));
            }
            Node old = match.last;
            graph.replace(
                    old,
                    new Node(
                            old.name(),
                            operator.opType,
                            "",
                            "",
                            inputs,
                            old.outputs(),
                            operator.attributes,
                            old.details()));
            int count = match.arithmetic.nodes().passed().size()
                    + (match.scale.isEmpty() ? 0 : 1)
                    + (match.bias.isEmpty() ? 0 : 1);
            return "%d nodes became %s of '%s'".formatted(count, operator.opType, match.arithmetic.input());
        }

        /// The initializer that is there already, where it has the right dimensions.
        private static String parameter(TensorData tensor, String hint, GraphEditor graph) {
            return graph.constant(hint).filter(tensor::equals).isPresent() ? hint : graph.addInitializer(hint, tensor);
        }
    }
}
