package ai.vernier.passes;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Makes one operator of the arithmetic by which exporters spell activation functions.
///
/// ```
/// Add(x, 3) → Clip(0, 6) → Mul(x, ·) → Div(·, 6)              becomes   HardSwish(x)
/// Div(x, √2) → Erf → Add(·, 1) → Mul(x, ·) → Mul(·, ½)        becomes   Gelu(x)
/// ```
///
/// Spellings are not listed: element-wise nodes with scalar constants are a function of one value
/// ([PointwiseFunction]), and a function that equals a standard one ([StandardFunction]) at some 200 points
/// is taken for it. A model of an older opset is raised to the one that has the operator, as far as that is
/// allowed. SiLU stays x · Sigmoid(x) below opset 24, which brought Swish; a plan treats the two nodes as
/// one function.
public final class FuseActivations implements Pass {
    private static final String NAME = "FuseActivations";
    private static final Set<String> UNIVERSAL = Set.of("Max", "Min");

    private final long newestOpset;

    /// @param newestOpset how far an older model may be raised
    public FuseActivations(long newestOpset) {
        this.newestOpset = newestOpset;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        Ranks ranks = Ranks.of(model.graph());
        ElementTypes types = ElementTypes.of(model.graph());
        return new RaisingPass<>(NAME, newestOpset, opset -> new Fusing(opset, newestOpset, ranks, types)).apply(model);
    }

    /// A function in `nodes` that `standard` computes.
    record Match(PointwiseFunction function, StandardFunction standard) {}

    /// @param opset of the model; newer operators are not used
    private record Fusing(long opset, long newestOpset, Ranks ranks, ElementTypes types) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        /// The longest match that may be replaced, or else the longest.
        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            List<Match> matches = PointwiseFunction.endingAt(node, graph).stream()
                    .filter(function -> isShorter(function) && isFloat(function.input()))
                    .flatMap(function ->
                            StandardFunction.of(function::at).stream().map(standard -> new Match(function, standard)))
                    .toList();
            Comparator<Match> bySize =
                    Comparator.comparingInt(match -> match.function.nodes().size());
            return matches.stream()
                    .filter(match -> match.function.objection(graph, ranks).isEmpty())
                    .max(bySize)
                    .or(() -> matches.stream().max(bySize));
        }

        /// Runtimes have most of these operators for float32 only. Inside sub-graphs types are not known.
        private boolean isFloat(String value) {
            return types.of(value).filter(type -> type != DataType.FLOAT).isEmpty();
        }

        /// Of several nodes one, or a Relu of a Max.
        private static boolean isShorter(PointwiseFunction function) {
            List<Node> nodes = function.nodes();
            return nodes.size() > 1
                    || (UNIVERSAL.contains(nodes.getFirst().opType())
                            && nodes.getFirst().inputs().size() > 1);
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            Optional<String> inside = match.function.objection(graph, ranks);
            if (inside.isPresent() || match.standard.since() <= opset) {
                return inside;
            }
            String planned =
                    match.standard.opType().equals("Swish") ? "; x · Sigmoid(x) is planned as one function anyway" : "";
            return Optional.of(
                    RaisingPass.tooOld(match.standard.opType(), match.standard.since(), opset, newestOpset) + planned);
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            Node last = match.function.nodes().getLast();
            graph.replace(
                    last,
                    new Node(
                            last.name(),
                            match.standard.opType(),
                            "",
                            "",
                            List.of(match.function.input()),
                            last.outputs(),
                            Map.copyOf(match.standard.attributes()),
                            last.details()));
            return "%d nodes became %s of '%s'"
                    .formatted(match.function.nodes().size(), match.standard.opType(), match.function.input());
        }
    }
}
