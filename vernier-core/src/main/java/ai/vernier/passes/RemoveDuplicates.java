package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Optional;
import java.util.Set;

/// Removes nodes that compute what another node computes already (common sub-expressions): same operator, attributes
/// and inputs, where small constants of equal content count as the same input.
///
/// ```
/// a = Relu(x)  b = Relu(x)  y = Add(a, b)   becomes   a = Relu(x)  y = Add(a, a)
/// ```
///
/// Weights are not merged: two layers that happen to have equal weights are still two layers.
public final class RemoveDuplicates implements Pass {
    private static final String NAME = "RemoveDuplicates";
    /// Larger constants are not compared element by element.
    private static final long SMALL = 64;

    private static final Set<String> RANDOM = Set.of(
            "RandomNormal",
            "RandomNormalLike",
            "RandomUniform",
            "RandomUniformLike",
            "Bernoulli",
            "Multinomial",
            "Dropout");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Removal()).apply(model);
    }

    /// Two nodes of which `kept` computes what `duplicate` computes.
    record Match(Node kept, Node duplicate) {}

    private record Removal() implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        /// The node that was there first is kept, so that the last of several is no duplicate of itself.
        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            if (RANDOM.contains(node.opType()) || hasSubGraph(node)) {
                return Optional.empty();
            }
            return node.inputs().stream()
                    .filter(input -> !input.isEmpty() && graph.constant(input).isEmpty())
                    .findFirst()
                    .flatMap(input -> graph.consumers(input).stream()
                            .filter(other -> isSame(other, node, graph))
                            .findFirst())
                    .filter(first -> !first.outputs().equals(node.outputs()))
                    .map(first -> new Match(first, node));
        }

        private static boolean hasSubGraph(Node node) {
            return node.attributes().values().stream()
                    .anyMatch(value -> value instanceof Attribute.GraphValue || value instanceof Attribute.GraphsValue);
        }

        private static boolean isSame(Node a, Node b, GraphEditor graph) {
            if (!a.qualifiedType().equals(b.qualifiedType())
                    || !a.overload().equals(b.overload())
                    || a.inputs().size() != b.inputs().size()
                    || a.outputs().size() != b.outputs().size()
                    || !a.attributes().equals(b.attributes())) {
                return false;
            }
            for (int i = 0; i < a.inputs().size(); i++) {
                if (!isSame(a.inputs().get(i), b.inputs().get(i), graph)) {
                    return false;
                }
            }
            return true;
        }

        private static boolean isSame(String a, String b, GraphEditor graph) {
            if (a.equals(b)) {
                return true;
            }
            Optional<TensorData> first =
                    a.isEmpty() ? Optional.empty() : graph.constant(a).filter(Removal::isSmall);
            return first.isPresent() && !b.isEmpty() && graph.constant(b).equals(first);
        }

        private static boolean isSmall(TensorData tensor) {
            return tensor.elementCount() <= SMALL;
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            if (match.duplicate.outputs().size() == 1) {
                return graph.objectionToBypass(
                        match.duplicate.outputs().getFirst(),
                        match.kept.outputs().getFirst());
            }
            return match.duplicate.outputs().stream()
                    .filter(output -> graph.isGraphOutput(output)
                            || match.kept
                                    .outputs()
                                    .get(match.duplicate.outputs().indexOf(output))
                                    .isEmpty())
                    .map("its output '%s' is a graph output, or one that the other does not have"::formatted)
                    .findFirst();
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            if (match.duplicate.outputs().size() == 1) {
                graph.bypass(
                        match.duplicate,
                        match.duplicate.outputs().getFirst(),
                        match.kept.outputs().getFirst());
                return "computes the same as " + match.kept.label();
            }
            graph.remove(match.duplicate);
            for (int i = 0; i < match.duplicate.outputs().size(); i++) {
                graph.redirect(
                        match.duplicate.outputs().get(i), match.kept.outputs().get(i));
            }
            return "computes the same as " + match.kept.label();
        }
    }
}
