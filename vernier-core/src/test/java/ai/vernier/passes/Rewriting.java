package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;

/// Worked examples of passes: a graph before and after, as text.
final class Rewriting {
    private Rewriting() {}

    /// A model of `opset` around `graph`, which is written without a name: `(float[2] x) => (float[2] y) { … }`.
    static Model model(long opset, String graph) {
        return OnnxText.parse("<ir_version: 8, opset_import: [\"\" : %d]> g %s".formatted(opset, graph));
    }

    static void assertBecomes(Pass pass, Model before, Model after) {
        Model found = pass.apply(before).model();

        assertThat(OnnxText.print(found)).isEqualTo(OnnxText.print(after));
        Judged.assertSameOutputs(before, found, 1e-5);
    }

    /// Every place where the pass's pattern is found is left alone, the first of them for a reason that contains
    /// `reason`.
    static void assertSkipped(Pass pass, Model model, String reason) {
        PassResult result = pass.apply(model);

        assertThat(OnnxText.print(result.model())).isEqualTo(OnnxText.print(model));
        assertThat(result.log().skipped()).isNotEmpty();
        assertThat(((Outcome.Skipped) result.log().skipped().getFirst().outcome()).reason())
                .contains(reason);
    }

    static void assertUntouched(Pass pass, Model model) {
        assertThat(pass.apply(model).log().applied()).isEmpty();
    }
}
