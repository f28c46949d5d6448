package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.rewrite.OpsetUpgrade;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassLog;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/// Applies a rule that puts newer operators in, in a model raised as far as the operators that it would put in need.
///
/// @param newestOpset how far a model may be raised
/// @param rules the rule for a model of some opset
record RaisingPass<M>(String name, long newestOpset, LongFunction<Rule<M>> rules) implements Pass {
    /// The opset that has the operator, for those that rules put in.
    private static final Map<String, Long> SINCE = Map.of(
            "HardSwish",
            14L,
            "LayerNormalization",
            17L,
            "Mish",
            18L,
            "Gelu",
            20L,
            "RMSNormalization",
            23L,
            "Swish",
            24L);

    @Override
    public PassResult apply(Model model) {
        PassResult trial = new RulePass<>(rules.apply(Math.max(newestOpset, model.opset()))).apply(model);
        if (trial.log().applied().isEmpty()) {
            return new RulePass<>(rules.apply(model.opset())).apply(model);
        }
        long needed = needed(trial.model().graph());
        if (needed <= model.opset()) {
            return new RulePass<>(rules.apply(model.opset())).apply(model);
        }
        return raised(model, needed);
    }

    /// Why an operator is not used in a model of `opset`.
    static String tooOld(String opType, long since, long opset, long newestOpset) {
        return "%s exists from opset %d on; the model is of opset %d, and is raised to at most %d unless --newest-opset says more"
                .formatted(opType, since, opset, newestOpset);
    }

    private PassResult raised(Model model, long needed) {
        Model raised;
        try {
            raised = OpsetUpgrade.raise(model, needed);
        } catch (UnsupportedModelException e) {
            PassResult result = new RulePass<>(rules.apply(model.opset())).apply(model);
            return new PassResult(
                    result.model(),
                    entry(new Outcome.Skipped(String.valueOf(e.getMessage()))).plus(result.log()));
        }
        String what = "raised from opset %d to %d".formatted(model.opset(), needed);
        PassResult result = new RulePass<>(rules.apply(needed)).apply(raised);
        return new PassResult(result.model(), entry(new Outcome.Applied(what)).plus(result.log()));
    }

    private PassLog entry(Outcome outcome) {
        return new PassLog(List.of(new PassLog.Entry(name, "model", outcome)));
    }

    private static long needed(Graph graph) {
        return graph.nodes().stream().mapToLong(RaisingPass::needed).max().orElse(0);
    }

    private static long needed(Node node) {
        long own = node.domain().isEmpty() ? SINCE.getOrDefault(node.opType(), 0L) : 0;
        long inside = node.attributes().values().stream()
                .mapToLong(attribute -> switch (attribute) {
                    case Attribute.GraphValue(Graph graph) -> needed(graph);
                    case Attribute.GraphsValue(List<Graph> graphs) ->
                        graphs.stream().mapToLong(RaisingPass::needed).max().orElse(0);
                    default -> 0;
                })
                .max()
                .orElse(0);
        return Math.max(own, inside);
    }
}
