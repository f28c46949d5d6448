package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.Pass;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// FoldPad, FuseGemm, FoldScale, FoldBiasAdd of differences, and DuplicateSharedWeights.
class FoldingTest {
    private static final String IMAGE = "(float[1,2,4,4] x) => (float[] y) <int64[8] p = {0, 0, 1, 2, 0, 0, 0, 1}, ";
    private static final String CONV = IMAGE + "float[1,2,3,3] w = {" + "0.5, ".repeat(17) + "-1.0}> ";

    @Test
    void padBecomesThePaddingOfConv() {
        Rewriting.assertBecomes(
                new FoldPad(),
                Rewriting.model(17, CONV + "{ q = Pad (x, p)  y = Conv <pads = [1, 0, 0, 0]> (q, w) }"),
                Rewriting.model(
                        17,
                        CONV.replace("int64[8] p = {0, 0, 1, 2, 0, 0, 0, 1}, ", "")
                                + "{ y = Conv <pads = [2, 2, 0, 1], auto_pad = \"NOTSET\"> (x, w) }"));
    }

    @Test
    void theAverageCountsWhatPadAdded() {
        Model before = Rewriting.model(
                17, IMAGE + "float z = {0.0}> { q = Pad (x, p, z)  y = AveragePool <kernel_shape = [2, 3]> (q) }");
        Model found = new FoldPad().apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly("AveragePool");
        Judged.assertSameOutputs(before, found, 1e-6);
    }

    @Test
    void namedAxesAreSpread() {
        Model before = Rewriting.model(
                18,
                "(float[1,2,4,4] x) => (float[] y) <int64[2] p = {1, 2}, int64[1] a = {-1}, "
                        + "float[1,2,3,3] w = {" + "0.5, ".repeat(17) + "-1.0}> "
                        + "{ q = Pad (x, p, , a)  y = Conv (q, w) }");
        Model found = new FoldPad().apply(before).model();

        assertThat(found.graph().nodes().getFirst().intsAttribute("pads").orElseThrow())
                .containsExactly(0, 1, 0, 2);
        Judged.assertSameOutputs(before, found, 1e-6);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "float v = {1.0}| q = Pad (x, p, v)  y = Conv (q, w)                       | does not pad with zeros",
                "float v = {1.0}| q = Pad <mode = \"edge\"> (x, p)  y = Conv (q, w)          | does not pad with zeros",
                "float v = {0.0}| q = Pad (x, p)  y = MaxPool <kernel_shape = [2, 2]> (q)  | pads with −∞",
                "float v = {0.0}| q = Pad (x, p)  y = Conv <auto_pad = \"SAME_UPPER\"> (q, w)| chooses its padding",
                "float v = {0.0}| q = Pad (x, p)  c = Conv (q, w)  y = Add (c, q)           | also read by others",
                "float v = {0.0}| q = Pad (x, p)  y = AveragePool <kernel_shape = [2, 2], pads = [1, 1, 1, 1]> (q)"
                        + "| does not count padding of its own",
                "float v = {0.0}| q = Pad (x, p)  y = AveragePool <kernel_shape = [2, 2], ceil_mode = 1> (q)"
                        + "| beyond the edge",
                "float v = {0.0}| q = Pad (x, p)  y = AveragePool <kernel_shape = [2, 2]> (q) | windows of padding alone",
                "float v = {0.0}| q = Pad (x, p)  y = AveragePool <kernel_shape = [3]> (q)    | windows of padding alone",
                "float v = {0.0}| q = Pad (x, p)  y = Conv <pads = [1, 1]> (q, w)           | other axes than its pads",
                "float[0] v = {}| q = Pad (x, p, v)  y = Conv (q, w)                        | does not pad with zeros",
            })
    void otherPaddingStays(String constant, String nodes, String reason) {
        Rewriting.assertSkipped(
                new FoldPad(),
                Rewriting.model(17, CONV.replace("-1.0}> ", "-1.0}, " + constant + "> ") + "{ " + nodes + " }"),
                reason);
    }

    @Test
    void padsBesideValidDoNotCount() {
        Model before = Rewriting.model(
                17, CONV + "{ q = Pad (x, p)  y = Conv <auto_pad = \"VALID\", pads = [5, 5, 5, 5]> (q, w) }");
        Model found = new FoldPad().apply(before).model();

        assertThat(found.graph().nodes().getFirst().intsAttribute("pads").orElseThrow())
                .containsExactly(1, 2, 0, 1);
        Judged.assertSameOutputsInEngine(before, found, 1e-6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"int64[1] a = {9}", "int64[1] a = {-9}", "int64[2] a = {-1, -2}"})
    void namedAxesThatAreNoneStay(String axes) {
        Rewriting.assertSkipped(
                new FoldPad(),
                Rewriting.model(
                        18,
                        "(float[1,2,4,4] x) => (float[] y) <int64[2] p = {1, 2}, %s, float[1,2,3,3] w = {%s1.0}> "
                                        .formatted(axes, "0.5, ".repeat(17))
                                + "{ q = Pad (x, p, , a)  y = Conv (q, w) }"),
                "its pads are no constants");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0, 1, 0, 0, 0, 0, 0, 0", "0, 0, 0, -1, 0, 0, 0, 0"})
    void paddedChannelsAndCropsStay(String pads) {
        Rewriting.assertSkipped(
                new FoldPad(),
                Rewriting.model(
                        17,
                        "(float[1,1,4,4] x) => (float[] y) <int64[8] p = {%s}> ".formatted(pads)
                                + "{ q = Pad (x, p)  y = AveragePool <kernel_shape = [2, 2]> (q) }"),
                "crops, or pads batch or channels");
    }

    private static final String MATRIX = "(float[3,2] x) => (float[3,2] y) <float[2,2] w = {2.0, 3.0, 4.0, 5.0}, ";

    @ParameterizedTest
    @ValueSource(strings = {"float[2] c = {1.0, -1.0}", "float[1,2] c = {1.0, -1.0}"})
    void aMatrixProductAndARowBecomeGemm(String row) {
        String name = row.contains("[2]") ? "c" : "c_1";
        Rewriting.assertBecomes(
                new FuseGemm(),
                Rewriting.model(17, MATRIX + row + "> { p = MatMul (x, w)  y = Add (c, p) }"),
                Rewriting.model(17, MATRIX + "float[2] %s = {1.0, -1.0}> { y = Gemm (x, w, %<s) }".formatted(name)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "(float[3,2] x) => (float[3,2] y)     | float[3,1] c = {1.0, 2.0, 3.0} | not one value for each of 2 columns",
                "(float[3,2] x) => (float[1,3,2] y)   | float[1,1,2] c = {1.0, 2.0}    | not one value for each of 2 columns",
                "(float[4,3,2] x) => (float[4,3,2] y) | float[2] c = {1.0, 2.0}        | not known to multiply a matrix",
            })
    void otherSumsStay(String signature, String constant, String reason) {
        Rewriting.assertSkipped(
                new FuseGemm(),
                Rewriting.model(
                        17,
                        signature
                                + " <float[2,2] w = {2.0, 3.0, 4.0, 5.0}, %s> { p = MatMul (x, w)  y = Add (p, c) }"
                                        .formatted(constant)),
                reason);
    }

    @Test
    void aScalePerChannelGoesIntoTheWeightsBefore() {
        String head = "(float[1,1,2,2] x) => (float[1,2,2,2] y) ";
        Rewriting.assertBecomes(
                new FoldScale(),
                Rewriting.model(
                        17,
                        head
                                + "<float[2,1,1,1] w = {2.0, 3.0}, float[2] b = {1.0, 2.0}, float[2,1,1] c = {10.0, 100.0}>"
                                + " { s = Conv (x, w, b)  m = Mul (c, s)  y = Relu (m) }"),
                Rewriting.model(
                        17,
                        head + "<float[2,1,1,1] w = {20.0, 300.0}, float[2] b = {10.0, 200.0}>"
                                + " { s = Conv (x, w, b)  y = Relu (s) }"));
    }

    @Test
    void aScalePerChannelGoesIntoTheWeightsAfterWhateverTheyPad() {
        String head = "(float[1,2,2,2] x) => (float[] y) ";
        Rewriting.assertBecomes(
                new FoldScale(),
                Rewriting.model(
                        17,
                        head + "<float[1,2,1,1] w = {2.0, 3.0}, float[1,2,1,1] c = {10.0, 100.0}>"
                                + " { m = Mul (x, c)  y = Conv <pads = [1, 1, 1, 1]> (m, w) }"),
                Rewriting.model(
                        17, head + "<float[1,2,1,1] w = {20.0, 300.0}> { y = Conv <pads = [1, 1, 1, 1]> (x, w) }"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "float[2] c = {10.0, 4.0}> { p = MatMul (x, w)  d = Div (p, c)  y = Relu (d) }",
                "float c = {3.0}, float[2] b = {1.0, 2.0}> { p = Gemm <alpha = 0.5, beta = 2.0> (x, w, b)  y = Mul (p, c) }",
                "float[2] c = {10.0, 4.0}> { d = Div (x, c)  y = MatMul (d, w) }",
                "float c = {10.0}, float[2] b = {1.0, 2.0}> { d = Mul (x, c)  y = Gemm <beta = 3.0> (d, w, b) }",
            })
    void matrixProductsTakeScalesToo(String graph) {
        Model before = Rewriting.model(17, MATRIX + graph);
        Model found = new FoldScale().apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).doesNotContain("Mul", "Div");
        Judged.assertSameOutputs(before, found, 1e-6);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "float[3,1] c = {1.0, 2.0, 3.0} | p = MatMul (x, w)  y = Mul (p, c)  | not one value for each of 2 channels",
                "float c = {0.0}                | p = MatMul (x, w)  y = Div (p, c)  | holds 0.0",
                "float c = {2.0}       | p = MatMul (x, w)  d = Mul (p, c)  y = Add (p, d) | also read by others",
                "float[2] c = {2.0, 3.0}| e = Neg (x)  d = Mul (e, c)  y = MatMul (d, w) | does not state that 'e' has",
            })
    void otherScalesStay(String constant, String nodes, String reason) {
        Rewriting.assertSkipped(
                new FoldScale(), Rewriting.model(17, MATRIX + constant + "> { " + nodes + " }"), reason);
    }

    /// The product makes a volume of an image, which the weight wants.
    @Test
    void aScaleThatAddsAnAxisStays() {
        Rewriting.assertSkipped(
                new FoldScale(),
                Rewriting.model(
                        17,
                        "(float[1,4,6,6] x) => (float[1,4,4,6,6] y) <float[4,1,1,1,1] w = {1.0, 2.0, 3.0, 4.0},"
                                + " float[1,1,1,1,1] c = {2.0}> { s = Mul (x, c)  y = Conv (s, w) }"),
                "may have more axes than 'x'");
    }

    @Test
    void groupsTakeOneScaleForAllInputs() {
        String head = "(float[1,2,2,2] x) => (float[] y) <float[2,1,1,1] w = {2.0, 3.0}, ";
        String nodes = "> { m = Mul (x, c)  y = Conv <group = 2> (m, w) }";
        Pass pass = new FoldScale();
        Rewriting.assertSkipped(pass, Rewriting.model(17, head + "float[2,1,1] c = {1.0, 2.0}" + nodes), "has groups");

        Model single = Rewriting.model(17, head + "float c = {2.0}" + nodes);
        Model found = pass.apply(single).model();
        assertThat(found.graph().nodes()).hasSize(1);
        Judged.assertSameOutputs(single, found, 1e-6);
    }

    @Test
    void aSubtractedConstantGoesIntoTheBias() {
        Rewriting.assertBecomes(
                new FoldBiasAdd(),
                Rewriting.model(
                        17,
                        MATRIX + "float[2] b = {5.0, 6.0}, float[2] c = {1.0, -1.0}>"
                                + " { p = Gemm (x, w, b)  s = Sub (p, c)  y = Relu (s) }"),
                Rewriting.model(
                        17, MATRIX + "float[2] b = {4.0, 7.0}> { p = Gemm <beta = 1.0> (x, w, b)  y = Relu (p) }"));
        Rewriting.assertUntouched(
                new FoldBiasAdd(),
                Rewriting.model(17, MATRIX + "float[2] c = {1.0, -1.0}> { p = Gemm (x, w)  y = Sub (c, p) }"));
    }

    @Test
    void aSharedBiasIsCopied() {
        String head = "(float[3,2] x) => (float[3,2] y) <float[2,2] v = {2.0, 3.0, 4.0, 5.0}, "
                + "float[2,2] w = {1.0, 3.0, 4.0, 5.0}, ";
        Rewriting.assertBecomes(
                new DuplicateSharedWeights(),
                Rewriting.model(17, head + "float[2] b = {1.0, 2.0}> { p = Gemm (x, v, b)  y = Gemm (p, w, b) }"),
                Rewriting.model(
                        17,
                        head + "float[2] b = {1.0, 2.0}, float[2] b_1 = {1.0, 2.0}>"
                                + " { p = Gemm (x, v, b_1)  y = Gemm (p, w, b) }"));
    }

    @Test
    void aSharedWeightIsCopiedWhereAScaleFollows() {
        String head = "(float[3,2] x) => (float[3,2] y) <float[2,2] w = {2.0, 3.0, 4.0, 5.0}, float[2] c = {3.0, 2.0}";
        String nodes = "> { p = MatMul (x, w)  s = Mul (p, c)  y = MatMul (s, %s) }";
        Rewriting.assertBecomes(
                new DuplicateSharedWeights(),
                Rewriting.model(17, head + nodes.formatted("w")),
                Rewriting.model(
                        17,
                        head + ", float[2,2] w_1 = {2.0, 3.0, 4.0, 5.0}"
                                + nodes.formatted("w").replace("(x, w)", "(x, w_1)")));
        Rewriting.assertUntouched(
                new DuplicateSharedWeights(),
                Rewriting.model(17, MATRIX + "> { p = MatMul (x, w)  y = MatMul (p, w) }".replace(", >", ">")));
    }

    @Test
    void aWeightThatIsItsOwnBiasStays() {
        Rewriting.assertSkipped(
                new FoldScale(),
                Rewriting.model(
                        17,
                        "(float[1,1] x) => (float[1,2] y) <float[1,2] w = {3.0, 4.0}, float c = {2.0}>"
                                + " { s = Mul (x, c)  y = Gemm (s, w, w) }"),
                "is both weight and bias");
    }

    @Test
    void theCopiesOfAWeightAreBounded() {
        int readers = 40;
        StringBuilder nodes = new StringBuilder();
        StringBuilder outputs = new StringBuilder();
        for (int i = 0; i < readers; i++) {
            nodes.append("p%d = MatMul (x, w)  y%d = Mul (p%d, c)  ".formatted(i, i, i));
            outputs.append(i == 0 ? "" : ", ").append("float[1,1000] y").append(i);
        }
        Model small = Rewriting.model(
                17,
                "(float[1,1000] x) => (%s) <float[1,1] w = {1.0}, float c = {2.0}> { %s }".formatted(outputs, nodes));
        Map<String, TensorData> initializers = new LinkedHashMap<>(small.graph().initializers());
        initializers.put("w", TensorData.ofFloats(new float[1000 * 1000], 1000, 1000));
        Model model = small.withGraph(small.graph().withInitializers(initializers));

        assertThat(new DuplicateSharedWeights().apply(model).log().applied()).hasSize(16); // of 4 MB, in 64 MiB
    }

    @Test
    void largeSharedWeightsAreNotCopied() {
        Model small = Rewriting.model(
                17,
                "(float[1,1] x) => (float[1,1] y) <float[1,1] w = {1.0}, float c = {2.0}>"
                        + " { p = MatMul (x, w)  s = Mul (p, c)  y = MatMul (s, w) }");
        Map<String, TensorData> initializers = new LinkedHashMap<>(small.graph().initializers());
        initializers.put("w", TensorData.ofFloats(new float[1200 * 1200], 1200, 1200));
        Model model = small.withGraph(small.graph().withInitializers(initializers));

        assertThat(new DuplicateSharedWeights().apply(small).log().applied()).hasSize(1);
        assertThat(new DuplicateSharedWeights()
                        .apply(model)
                        .log()
                        .skipped()
                        .getFirst()
                        .outcome())
                .isEqualTo(new Outcome.Skipped("'w' is shared and too large to be copied: float[1200,1200]"));
    }
}
