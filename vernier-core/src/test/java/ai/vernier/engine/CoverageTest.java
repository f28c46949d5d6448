package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxText;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is foretold of a model against what compiling it does.
class CoverageTest {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 1);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "y = Relu (x)",
                "y = com.microsoft.Gelu (x)",
                "y = If <then_branch = a () => (float[A] t) { t = Neg (x) }, else_branch = b () => (float[A] e) { e = Abs (x) }> (c)"
            })
    void whatIsNativeFallsNotBack(String nodes) {
        Model model = model(nodes);

        assertThat(foretold(model)).isEqualTo(Runner.NATIVE);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThat(executor.fallbackOperators()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "y = ai.onnx.ml.Binarizer <threshold = 0.5> (x)",
                "y = ai.onnx.ml.Scaler <offset = [1.0], scale = [2.0]> (x)"
            })
    void whatFallsBackRunsInOnnxRuntime(String nodes) {
        Model model = model(nodes);

        assertThat(foretold(model)).isEqualTo(Runner.FALLBACK);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThat(executor.fallbackOperators()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s = SequenceConstruct (x) y = ConcatFromSequence <axis = 0> (s)",
                "s = Cast <to = 8> (x) y = Cast <to = 1> (s)",
                "y = Swish (x)",
                "y = Frobnicate (x)",
                "y = nobody.Knows (x)"
            })
    void whatIsUnsupportedIsRefusedBeforeItRuns(String nodes) {
        Model model = model(nodes);

        assertThat(foretold(model)).isEqualTo(Runner.UNSUPPORTED);
        assertThatThrownBy(() -> Executor.compile(model, OPTIONS).close())
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("opset");
    }

    private static Runner foretold(Model model) {
        Coverage coverage = new Coverage(model);
        return coverage.of(model.graph().nodes().getFirst(), ElementTypes.of(model.graph()));
    }

    private static Model model(String nodes) {
        return OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13, "com.microsoft" : 1, "ai.onnx.ml" : 1, "nobody" : 1]>
                g (float[2] x, bool c) => (float[A] y) { %s }""".formatted(nodes));
    }
}
