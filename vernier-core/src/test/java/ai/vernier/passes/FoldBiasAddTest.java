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

class FoldBiasAddTest {
    private static final String CONV = "(float[1,1,2,2] x) => (float[1,2,2,2] y) <float[2,1,1,1] w = {2.0, 3.0}, ";

    @ParameterizedTest
    @ValueSource(
            strings = {
                CONV + "float[2,1,1] c = {1.0, -1.0}> { s = Conv (x, w)  y = Add (s, c) }",
                CONV
                        + "float[1,2,1,1] c = {1.0, -1.0}, float[2] b = {5.0, 6.0}> { s = Conv (x, w, b)  y = Add (c, s) }",
                CONV + "float c = {1.5}> { s = Conv (x, w)  a = Add (s, c)  y = Relu (a) }",
                "(float[3,2] x) => (float[3,2] y) <float[2,2] w = {2.0, 3.0, 4.0, 5.0}, float[2] b = {5.0, 6.0},"
                        + " float[1,2] c = {1.0, -1.0}> { s = Gemm <beta = 0.5> (x, w, b)  y = Add (s, c) }",
            })
    void aConstantPerChannelBecomesTheBias(String text) {
        Model model = model(text);
        Model folded = new FoldBiasAdd().apply(model).model();

        assertThat(folded.graph().nodes()).extracting(Node::opType).doesNotContain("Add");
        Judged.assertSameOutputs(model, folded, 1e-6);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"float[2] c = {1.0, -1.0}", "float[1,1,2] c = {1.0, -1.0}", "float[1,1,2,1] c = {1.0, -1.0}"})
    void aConstantPerPositionIsLeftAlone(String constant) {
        Model model = model(CONV + constant + "> { s = Conv (x, w)  y = Add (s, c) }");
        PassResult result = new FoldBiasAdd().apply(model);

        assertThat(result.model()).isEqualTo(model);
        assertThat(result.log().skipped()).hasSize(1);
    }

    @Test
    void aSumThatOthersReadIsLeftAlone() {
        Model model = model("(float[1,1,2,2] x) => (float[1,1,2,2] y, float[1,1,2,2] z) <float[1,1,1,1] w = {2.0},"
                + " float c = {1.0}> { s = Conv (x, w)  y = Add (s, c)  z = Relu (s) }");
        PassResult result = new FoldBiasAdd().apply(model);

        assertThat(result.model()).isEqualTo(model);
        assertThat(result.log().entries())
                .extracting(PassLog.Entry::outcome)
                .containsExactly(
                        new Outcome.Skipped("Conv 's': its output 's' is also read by others, or is a graph output"));
    }

    private static Model model(String graph) {
        return OnnxText.parse("<ir_version: 8, opset_import: [\"\" : 17]> g " + graph);
    }
}
