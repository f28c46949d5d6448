package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.PassLog;
import ai.vernier.onnx.rewrite.PassResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FoldBatchNormTest {
    /// γ = 3, β = 4, μ = 5, σ = 1.5.
    private static final String ONE =
            "float[1] g = {3.0}, float[1] bt = {4.0}, float[1] m = {5.0}, float[1] v = {2.25}";

    private static final String TWO =
            "float[2] g = {3.0, 0.5}, float[2] bt = {4.0, -1.0}, float[2] m = {5.0, 0.25}, float[2] v = {2.25, 0.3}";

    @Test
    void backwardFoldGivesThePublishedNumbers() {
        Model folded = folded("(float[1,1,2,2] x) => (float[1,1,2,2] y) <float[1,1,1,1] w = {2.0}, float[1] b = {1.0}, "
                + ONE + "> { c = Conv (x, w, b)  y = BatchNormalization <epsilon = 0.0> (c, g, bt, m, v) }");

        assertThat(folded.graph().nodes()).extracting(Node::opType).containsExactly("Conv");
        assertThat(folded.graph().initializers()).containsOnlyKeys("w", "b");
        assertThat(floats(folded, "w")).containsExactly(4f);
        assertThat(floats(folded, "b")).containsExactly(-4f);
    }

    @Test
    void forwardFoldGivesThePublishedNumbers() {
        Model folded = folded("(float[1,1,2,2] x) => (float[1,1,2,2] y) <float[1,1,1,1] w = {2.0}, float[1] b = {1.0}, "
                + ONE + "> { n = BatchNormalization <epsilon = 0.0> (x, g, bt, m, v)  y = Conv (n, w, b) }");

        assertThat(folded.graph().nodes()).extracting(Node::opType).containsExactly("Conv");
        assertThat(floats(folded, "w")).containsExactly(4f);
        assertThat(floats(folded, "b")).containsExactly(-11f);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(float[1,2,3,3] x) => (float[1,2,2,2] y) <float[2,2,2,2] w = {1.0, 2.0, 3.0, 4.0, -1.0, 0.5, 0.25, 2.0,"
                        + " 0.1, 0.2, 0.3, 0.4, 5.0, -6.0, 7.0, 8.0}, TWO> {"
                        + " c = Conv (x, w)  y = BatchNormalization (c, g, bt, m, v) }",
                "(float[1,2,3,3] x) => (float[1,2,3,3] y) <float[2,1,1,1] w = {1.0, 2.0}, TWO> {"
                        + " c = Conv <group = 2> (x, w)  y = BatchNormalization (c, g, bt, m, v) }",
                "(float[1,3,2,2] x) => (float[1,2,3,3] y) <float[3,2,2,2] w = {1.0, 2.0, 3.0, 4.0, -1.0, 0.5, 0.25, 2.0,"
                        + " 0.1, 0.2, 0.3, 0.4, 5.0, -6.0, 7.0, 8.0, 1.5, 2.5, 3.5, 4.5, -1.5, 0.5, 0.75, 2.25}, TWO> {"
                        + " c = ConvTranspose (x, w)  y = BatchNormalization (c, g, bt, m, v) }",
                "(float[1,4,2,2] x) => (float[1,2,2,2] y) <float[4,1,1,1] w = {1.0, 2.0, 3.0, 4.0}, float[2] b = {1.0,"
                        + " 2.0}, TWO> { c = ConvTranspose <group = 2> (x, w, b)"
                        + " y = BatchNormalization (c, g, bt, m, v) }",
                "(float[5,3] x) => (float[5,2] y) <float[2,3] w = {1.0, 2.0, 3.0, 4.0, -1.0, 0.5}, float[1,2] b = {1.0,"
                        + " 2.0}, TWO> { c = Gemm <transB = 1, alpha = 2.0, beta = 0.5> (x, w, b)"
                        + " y = BatchNormalization (c, g, bt, m, v) }",
                "(float[5,3] x) => (float[5,2] y) <float[3,2] w = {1.0, 2.0, 3.0, 4.0, -1.0, 0.5}, TWO> {"
                        + " c = MatMul (x, w)  d = BatchNormalization (c, g, bt, m, v)  y = Relu (d) }",
                "(float[1,2,3,3] x) => (float[1,3,3,3] y) <float[3,2,1,1] w = {1.0, 2.0, 3.0, 4.0, -1.0, 0.5}, TWO> {"
                        + " n = BatchNormalization (x, g, bt, m, v)  y = Conv (n, w) }",
                "(float[5,2] x) => (float[5,3] y) <float[3,2] w = {1.0, 2.0, 3.0, 4.0, -1.0, 0.5}, float[1] b = {1.0},"
                        + " TWO> { n = BatchNormalization (x, g, bt, m, v)"
                        + " y = Gemm <transB = 1, alpha = 2.0, beta = 0.5> (n, w, b) }",
                "(float[5,2] x) => (float[5,3] y) <float[2,3] w = {1.0, 2.0, 3.0, 4.0, -1.0, 0.5}, TWO> {"
                        + " n = BatchNormalization (x, g, bt, m, v)  y = MatMul (n, w) }",
            })
    void aFoldedModelComputesTheSame(String text) {
        Model model = model(text.replace("TWO", TWO));
        PassResult result = new FoldBatchNorm().apply(model);

        assertThat(result.log().applied()).hasSize(1);
        assertThat(result.model().graph().nodes()).noneMatch(BatchNormalization::isOne);
        // one rounding of each weight: relative error 2^-24, summed over at most 12 terms
        Judged.assertSameOutputs(model, result.model(), 1e-6);
    }

    @Test
    void aWeightThatOthersUseIsLeftAlone() {
        assertSkips(
                "(float[1,1,2,2] x) => (float[1,1,2,2] y, float[1,1,2,2] z) <float[1,1,1,1] w = {2.0}, ONE> {"
                        + " c = Conv (x, w)  y = BatchNormalization (c, g, bt, m, v)  [other] z = Conv (x, w) }",
                "Conv 'c': weight 'w' is also used by [Conv 'other']");
    }

    @Test
    void aSumThatOthersReadIsLeftAlone() {
        assertSkips(
                "(float[1,1,2,2] x) => (float[1,1,2,2] y, float[1,1,2,2] z) <float[1,1,1,1] w = {2.0}, ONE> {"
                        + " c = Conv (x, w)  y = BatchNormalization (c, g, bt, m, v)  z = Relu (c) }",
                "Conv 'c': its output 'c' is also read by others, or is a graph output");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "2", "9223372036854775807"})
    void groupsThatDoNotDivideTheWeightAreLeftAlone(String groups) {
        assertSkips(
                "(float[1,1,2,2] x) => (float[1,1,2,2] y) <float[1,1,1,1] w = {2.0}, ONE> {"
                        + " c = Conv <group = %s> (x, w)  y = BatchNormalization (c, g, bt, m, v) }".formatted(groups),
                "Conv 'c': %s groups do not go with weight float[1,1,1,1]".formatted(groups));
    }

    @Test
    void computedWeightsAreLeftAlone() {
        assertSkips(
                "(float[1,1,2,2] x, float[1,1,1,1] w) => (float[1,1,2,2] y) <ONE> {"
                        + " c = Conv (x, w)  y = BatchNormalization (c, g, bt, m, v) }",
                "Conv 'c': weight 'w' is not a float initializer of this graph");
    }

    @Test
    void computedStatisticsAreLeftAlone() {
        assertSkips(
                "(float[1,1,2,2] x, float[1] t) => (float[1,1,2,2] y) <float[1,1,1,1] w = {2.0}, ONE> {"
                        + " c = Conv (x, w)  y = BatchNormalization (c, t, bt, m, v) }",
                "BatchNormalization 'y': parameter 't' is not a float constant");
    }

    @Test
    void trainingIsLeftAlone() {
        assertSkips(
                "(float[1,1,2,2] x) => (float[1,1,2,2] y) <float[1,1,1,1] w = {2.0}, ONE> { c = Conv (x, w)"
                        + " y, rm, rv = BatchNormalization <training_mode = 1> (c, g, bt, m, v) }",
                "BatchNormalization 'y' is in training mode");
    }

    @Test
    void paddingAndGroupsBlockTheForwardFold() {
        assertSkips(
                "(float[1,1,2,2] x) => (float[1,1,4,4] y) <float[1,1,1,1] w = {2.0}, ONE> {"
                        + " n = BatchNormalization (x, g, bt, m, v)  y = Conv <pads = [1, 1, 1, 1]> (n, w) }",
                "Conv 'y' pads with zeros, which are not normalized");
        assertSkips(
                "(float[1,2,2,2] x) => (float[1,2,2,2] y) <float[2,1,1,1] w = {2.0, 1.0}, TWO> {"
                        + " n = BatchNormalization (x, g, bt, m, v)  y = Conv <group = 2> (n, w) }",
                "Conv 'y' has groups or is transposed");
    }

    @Test
    void aStackOfProductsIsLeftAlone() {
        assertSkips(
                "(float[B,2,3] x) => (float[B,2,2] y) <float[3,2] w = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, TWO> {"
                        + " c = MatMul (x, w)  y = BatchNormalization (c, g, bt, m, v) }",
                "MatMul 'c' is not known to multiply matrices, and only Gemm takes a bias");
    }

    @Test
    void oldOpsetsAreLeftAlone() {
        Model old = OnnxText.parse("<ir_version: 3, opset_import: [\"\" : 6]> g (float[1,1,2,2] x) =>"
                + " (float[1,1,2,2] y) <float[1,1,1,1] w = {2.0}, " + ONE
                + "> { c = Conv (x, w)  y = BatchNormalization (c, g, bt, m, v) }");

        assertThat(new FoldBatchNorm().apply(old).model()).isEqualTo(old);
    }

    private static void assertSkips(String text, String reason) {
        Model model = model(text.replace("ONE", ONE).replace("TWO", TWO));
        PassResult result = new FoldBatchNorm().apply(model);

        assertThat(result.model()).isEqualTo(model);
        assertThat(result.log().entries()).extracting(PassLog.Entry::outcome).contains(new Outcome.Skipped(reason));
    }

    private static Model folded(String text) {
        return new FoldBatchNorm().apply(model(text)).model();
    }

    private static float[] floats(Model model, String name) {
        return Judged.constant(model, name).toFloats();
    }

    private static Model model(String graph) {
        return OnnxText.parse("<ir_version: 8, opset_import: [\"\" : 17]> g " + graph);
    }
}
