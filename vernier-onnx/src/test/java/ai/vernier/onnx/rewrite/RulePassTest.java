package ai.vernier.onnx.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.io.OnnxText;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RulePassTest {
    /// Neg → Neg becomes nothing, unless somebody else reads the value between.
    private static final class CancelNegations implements Rule<CancelNegations.Match> {
        record Match(Node first, Node second) {}

        @Override
        public String name() {
            return "CancelNegations";
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            return Optional.of(node)
                    .filter(second -> second.opType().equals("Neg"))
                    .flatMap(second -> graph.producer(second.inputs().getFirst()))
                    .filter(first -> first.opType().equals("Neg"))
                    .map(first -> new Match(first, node));
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            String between = match.first().outputs().getFirst();
            return graph.soleConsumer(between).isPresent()
                    ? graph.objectionToBypass(
                            match.second().outputs().getFirst(),
                            match.first().inputs().getFirst())
                    : Optional.of("'" + between + "' is read by others, too");
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            graph.bypass(
                    match.second(),
                    match.second().outputs().getFirst(),
                    match.first().inputs().getFirst());
            return "cancelled against " + match.first().label();
        }
    }

    private final Pass pass = new RulePass<>(new CancelNegations());

    @Test
    void aRuleIsAppliedEverywhereAlsoInSubGraphs() {
        PassResult result = pass.apply(model("(bool c, float x) => (float z) { a = Neg(x) b = Neg(a)"
                + " z = If (c) <then_branch = t () => (float r) { p = Neg(b) q = Neg(p) r = Abs(q) }> }"));
        assertThat(result.model())
                .isEqualTo(model("(bool c, float x) => (float z) {"
                        + " z = If (c) <then_branch = t () => (float r) { r = Abs(x) }> }"));
        assertThat(result.log().entries())
                .containsExactly(
                        new PassLog.Entry(
                                "CancelNegations", "Neg 'b'", new Outcome.Applied("cancelled against Neg 'a'")),
                        new PassLog.Entry(
                                "CancelNegations", "Neg 'q'", new Outcome.Applied("cancelled against Neg 'p'")));
    }

    @Test
    void aRuleThatObjectsLeavesTheModelAndSaysWhy() {
        Model model = model("(float x) => (float y) { a = Neg(x) b = Neg(a) y = Add(a, b) }");
        PassResult result = pass.apply(model);
        assertThat(result.model()).isEqualTo(model);
        assertThat(result.log().skipped())
                .containsExactly(new PassLog.Entry(
                        "CancelNegations", "Neg 'b'", new Outcome.Skipped("'a' is read by others, too")));
        assertThat(result.log().applied()).isEmpty();
    }

    @Test
    void chainsAreSeenAsChangedByTheSameSweep() {
        PassResult result =
                pass.apply(model("(float x) => (float y) { a = Neg(x) b = Neg(a) c = Neg(b) d = Neg(c) y = Abs(d) }"));
        assertThat(result.model()).isEqualTo(model("(float x) => (float y) { y = Abs(x) }"));
    }

    @Test
    void aSequenceJoinsTheLogs() {
        Model model = model("(float x) => (float y) { a = Neg(x) b = Neg(a) y = Abs(b) }");
        PassSequence sequence = PassSequence.of(pass, pass);
        assertThat(sequence.name()).isEqualTo("CancelNegations, CancelNegations");
        PassResult result = sequence.apply(model);
        assertThat(result.log().entries()).hasSize(1);
        assertThat(new PassSequence(List.of()).apply(model)).isEqualTo(new PassResult(model, PassLog.EMPTY));
    }

    private static Model model(String rest) {
        return OnnxText.parse("<ir_version: 8, opset_import: [\"\" : 13]> g " + rest);
    }
}
