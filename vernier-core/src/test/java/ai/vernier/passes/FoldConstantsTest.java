package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.PassLog;
import ai.vernier.onnx.rewrite.PassResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FoldConstantsTest {
    @Test
    void constantNodesBecomeInitializersOfTheSameName() {
        Model folded = folded("(float[2] x) => (float[2] y) { w = Constant <value = float[2] {1.0, 2.0}> ()"
                + " k = Constant <value_float = 3.0> ()  s = Mul (x, w)  y = Add (s, k) }");

        assertThat(folded)
                .isEqualTo(model("(float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}, float k = {3.0}> {"
                        + " s = Mul (x, w)  y = Add (s, k) }"));
    }

    @Test
    void whatReadsOnlyConstantsIsComputed() {
        Model folded = folded("(float[1,2] x) => (float[1,3] y) <float[3,2] w = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}> {"
                + " t = Transpose <perm = [1, 0]> (w)  n = Neg (t)  y = MatMul (x, n) }");

        assertThat(folded.graph().nodes()).extracting(Node::opType).containsExactly("MatMul");
        assertThat(folded.graph().initializers()).containsOnlyKeys("n");
        assertThat(Judged.constant(folded, "n").toFloats()).containsExactly(-1, -3, -5, -2, -4, -6);
    }

    @Test
    void statedShapesAreConstants() {
        Model folded = folded("(float[2,3] x, float[N,3] u) => (float[6] y, int64[2] z) <int64[1] minus = {-1}> {"
                + " s = Shape (x)  p = ReduceProd <keepdims = 1> (s)  y = Reshape (x, p)  z = Shape (u) }");

        assertThat(Judged.constant(folded, "p").toLongs()).containsExactly(6);
        assertThat(folded.graph().nodes()).extracting(Node::opType).containsExactly("Reshape", "Shape");
    }

    @Test
    void foldingReachesIntoSubGraphs() {
        Model folded = folded("(bool c, float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = If (c) <"
                + "then_branch = t () => (float[2] a) { n = Neg (w)  a = Add (x, n) }, "
                + "else_branch = e () => (float[2] b) { b = Identity (x) }> }");

        assertThat(OnnxText.print(folded)).doesNotContain("Neg");
    }

    /// Each result may be twice as large as what it is made from, but not all of a chain.
    @Test
    @Timeout(60)
    void chainsOfConstantsDoNotGrowWithoutEnd() {
        StringBuilder nodes = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            nodes.append("c%d = Concat <axis = 0> (c%d, c%d) ".formatted(i + 1, i, i));
        }
        PassResult result = new FoldConstants()
                .apply(model("(float[2] x) => (float[n] y) <float[2] c0 = {1.0, 2.0}> { " + nodes
                        + " y = Concat <axis = 0> (x, c40) }"));

        assertThat(result.log().applied()).hasSizeBetween(10, 24);
        assertThat(result.model().graph().initializers().values().stream()
                        .mapToLong(TensorData::sizeBytes)
                        .sum())
                .isLessThan(128 << 20);
    }

    @Test
    void randomAndQuantizationOperatorsAreLeftAlone() {
        Model model = model("(float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}, float s = {0.5}, int8 z = {0}> {"
                + " r = RandomNormalLike (w)  q = QuantizeLinear (w, s, z)  d = DequantizeLinear (q, s, z)"
                + " a = Add (x, r)  y = Add (a, d) }");

        assertThat(new FoldConstants().apply(model).model()).isEqualTo(model);
    }

    @Test
    void resultsMuchLargerThanTheirInputsAreLeftAlone() {
        Model model = model("(float[1] x) => (float[N] y) <int64[2] n = {1000, 10000}> {"
                + " big = ConstantOfShape (n)  y = Add (x, big) }");
        PassResult result = new FoldConstants().apply(model);

        assertThat(result.model()).isEqualTo(model);
        assertThat(result.log().entries())
                .extracting(PassLog.Entry::outcome)
                .containsExactly(
                        new Outcome.Skipped(
                                "ConstantOfShape 'big': its constant result, or those of the model together, are much larger than what they are made from"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "big = MatMul (column, row)",
                "big = Mul (column, row)",
                "big = Range (zero, huge, one)",
                "big = OneHot (one, huge, onoff)",
                "big = OneHot (one, none, onoff)", // ends the process where ONNX Runtime sees the empty depth
                "big = Pad (row, pads)"
            })
    void whatWouldTakeMuchMemoryIsNotEvenTried(String node) {
        Model model = model("(float[1] x) => (float[N] y) <float[30000,1] column = {%s}, float[1,30000] row = {%s},"
                        .formatted("1,".repeat(29_999) + "1", "1,".repeat(29_999) + "1")
                + " int64 zero = {0}, int64 one = {1}, int64 huge = {4000000000}, float[2] onoff = {0, 1},"
                + " int64[0] none = {}, int64[4] pads = {0, 0, 100000, 0}> {"
                + node + " c = Cast <to = 1> (big)  y = Add (x, c) }");
        PassResult result = new FoldConstants().apply(model);

        assertThat(result.log().skipped()).isNotEmpty();
        assertThat(result.log().applied()).isEmpty();
    }

    @Test
    @Timeout(60)
    void loopsAreLeftAlone() {
        Model model = model("(float[1] x) => (float[1] y) <int64 trips = {9223372036854775807}, bool go = {1},"
                + " float[1] w = {1.0}> { e = Loop (trips, go, w) <body = l (int64 i, bool k, float[1] s) =>"
                + " (bool k2, float[1] s2) { k2 = Identity (k)  s2 = Add (s, s) }>  y = Add (x, e) }");

        assertThat(new FoldConstants().apply(model).model()).isEqualTo(model);
    }

    /// ONNX Runtime ends the process over an equation like this.
    @Test
    void equationsAreLeftAlone() {
        Model model = model("(float[1] x) => (float[1] y) <float[1] w = {1.0}> {"
                + " e = Einsum <equation = \"SAME_UPPER\"> (w)  y = Add (x, e) }");

        assertThat(new FoldConstants().apply(model).model()).isEqualTo(model);
    }

    @Test
    void graphOutputsKeepTheirNodes() {
        Model model = model(
                "(float[1] x) => (float[1] y, float[1] z) <float[1] w = {1.0}> {" + " y = Neg (w)  z = Add (x, w) }");
        PassResult result = new FoldConstants().apply(model);

        assertThat(result.model()).isEqualTo(model);
        assertThat(result.log().skipped()).hasSize(1);
    }

    @Test
    void initializersListedAsInputsCountAsConstants() {
        Model old = OnnxText.parse("<ir_version: 3, opset_import: [\"\" : 8]> g (float[2] x, float[2] w) =>"
                + " (float[2] y) <float[2] w = {1.0, 2.0}> { n = Neg (w)  y = Add (x, n) }");

        assertThat(new FoldConstants().apply(old).model().graph().nodes())
                .extracting(Node::opType)
                .containsExactly("Add");
    }

    private static Model folded(String text) {
        Model model = model(text);
        return new FoldConstants().apply(model).model();
    }

    private static Model model(String graph) {
        return OnnxText.parse("<ir_version: 8, opset_import: [\"\" : 17]> g " + graph);
    }
}
