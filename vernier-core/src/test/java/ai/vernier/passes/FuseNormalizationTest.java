package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// FuseNormalization and FuseSoftmax.
class FuseNormalizationTest {
    private static final String HEAD = "(float[2,3,4] x) => (float[2,3,4] y) <";
    private static final String ARITHMETIC =
            "float e = {0.001}, float two = {2.0}, float half = {0.5}, float one = {1.0},"
                    + " float minus_half = {-0.5}";
    private static final String CENTRED = " { m = ReduceMean <axes = [-1]> (x)  d = Sub (x, m)  s = Pow (d, two)"
            + "  v = ReduceMean <axes = [-1]> (s)  w = Add (v, e)  r = Sqrt (w)  n = Div (d, r)";
    private static final String GAMMA = ", float[4] g = {1.0, 2.0, 3.0, 4.0}, float[4] b = {0.0, 1.0, 0.5, -1.0}";

    @Test
    void layerNormalization() {
        Rewriting.assertBecomes(
                new FuseNormalization(21),
                Rewriting.model(17, HEAD + ARITHMETIC + GAMMA + ">" + CENTRED + "  p = Mul (n, g)  y = Add (b, p) }"),
                Rewriting.model(
                        17,
                        HEAD + GAMMA.substring(2)
                                + "> { y = LayerNormalization <axis = -1, epsilon = 0.001> (x, g, b) }"));
    }

    @Test
    void rmsNormalization() {
        Rewriting.assertBecomes(
                new FuseNormalization(21),
                Rewriting.model(
                        23,
                        HEAD + "float e = {0.001}, int64[1] a = {2}, float[4] g = {1.0, 2.0, 3.0, 4.0}>"
                                + " { s = Mul (x, x)  v = ReduceMean (s, a)  w = Add (e, v)  r = Sqrt (w)  n = Div (x, r)"
                                + "  y = Mul (g, n) }"),
                Rewriting.model(
                        23,
                        HEAD + "float[4] g = {1.0, 2.0, 3.0, 4.0}>"
                                + " { y = RMSNormalization <axis = -1, epsilon = 0.001> (x, g) }"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "r = Sqrt (w)  i = Reciprocal (r)  y = Mul (x, i) }",
                "r = Sqrt (w)  i = Div (one, r)  y = Mul (i, x) }",
                "i = Pow (w, minus_half)  y = Mul (x, i) }",
                "r = Pow (w, half)  y = Div (x, r) }",
            })
    void rootsAreSpelledInManyWays(String end) {
        Model before = Rewriting.model(
                13,
                HEAD + ARITHMETIC + "> { s = Pow (x, two)  v = ReduceMean <axes = [2]> (s)  w = Add (v, e)  " + end);
        Model found = new FuseNormalization(23).apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly("RMSNormalization");
        Judged.assertSameOutputs(before, found, 3e-6);
        Rewriting.assertSkipped(
                new FuseNormalization(21),
                before,
                "RMSNormalization exists from opset 23 on; the model is of opset 13, and is raised to at most 21");
    }

    @Test
    void theModelIsRaised() {
        Model before = Rewriting.model(11, HEAD + ARITHMETIC + ">" + CENTRED + "  y = Relu (n) }");
        Model found = new FuseNormalization(21).apply(before).model();

        assertThat(found.opset()).isEqualTo(17);
        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly("LayerNormalization", "Relu");
        Judged.assertSameOutputs(before, found, 3e-6);
        Judged.assertSameOutputsInEngine(before, found, 3e-6);
        Rewriting.assertSkipped(
                new FuseNormalization(13),
                before,
                "LayerNormalization exists from opset 17 on; the model is of opset 11, and is raised to at most 13");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1, 2]  | float[3,4] g = {1,2,3,4,5,6,7,8,9,10,11,12} | LayerNormalization",
                "[2]     | float[3,1] g = {1, 2, 3}                    | InstanceNormalization",
                "[-1]    | float[1,1,4] g = {1, 2, 3, 4}               | LayerNormalization",
            })
    void axesAndParametersDecide(String axes, String scale, String operator) {
        Model before = Rewriting.model(
                17, HEAD + ARITHMETIC + ", " + scale + ">" + CENTRED.replace("[-1]", axes) + "  y = Mul (n, g) }");
        Model found = new FuseNormalization(21).apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly(operator);
        Judged.assertSameOutputs(before, found, 3e-6);
    }

    @Test
    void instanceNormalizationOfAnImage() {
        String head = "(float[2,3,4,5] x) => (float[2,3,4,5] y) <";
        String parameters = "float[3,1,1] g = {1.0, 2.0, 3.0}, float[1,3,1,1] b = {0.5, 0.0, -1.0}";
        Model before = Rewriting.model(
                11,
                head + ARITHMETIC + ", " + parameters + ">" + CENTRED.replace("[-1]", "[2, 3]")
                        + "  p = Mul (n, g)  y = Add (p, b) }");
        Model found = new FuseNormalization(21).apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly("InstanceNormalization");
        assertThat(found.opset()).isEqualTo(11);
        Judged.assertSameOutputs(before, found, 3e-6);
    }

    @Test
    void constantsThatAddAxesStay() {
        String graph = HEAD + ARITHMETIC + ">" + CENTRED + "  y = Relu (n) }";
        for (String constant : List.of("float two", "float e")) {
            Rewriting.assertUntouched(
                    new FuseNormalization(21),
                    Rewriting.model(17, graph.replace(constant, constant.replace(" ", "[1,1,1,1] "))));
        }
        Rewriting.assertSkipped(
                new FuseNormalization(21),
                Rewriting.model(
                        17,
                        HEAD + ARITHMETIC + ", float[1,1,1,4] g = {1.0, 2.0, 3.0, 4.0}>" + CENTRED
                                + "  y = Mul (n, g) }"),
                "have not the shape [4]");
    }

    @Test
    void aScalarHasNoSoftmax() {
        Rewriting.assertSkipped(
                new FuseSoftmax(),
                Rewriting.model(
                        11, "(float x) => (float y) { e = Exp (x)  s = ReduceSum <axes = [-1]> (e)  y = Div (e, s) }"),
                "is a scalar");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[2,3,4] | [0]  | neither the last ones nor all behind the channels",
                "[2,n,m] | [-1] | the extent of the normalized axes is not stated",
            })
    void otherAxesStay(String shape, String axes, String reason) {
        Rewriting.assertSkipped(
                new FuseNormalization(21),
                Rewriting.model(
                        17,
                        HEAD.replace("[2,3,4]", shape) + ARITHMETIC + ">" + CENTRED.replace("[-1]", axes)
                                + "  y = Relu (n) }"),
                reason);
    }

    @Test
    void whatOthersReadStays() {
        Rewriting.assertSkipped(
                new FuseNormalization(21),
                Rewriting.model(
                        17,
                        HEAD.replace("(float[2,3,4] y)", "(float[2,3,4] y, float[2,3,1] w)") + ARITHMETIC + ">"
                                + CENTRED + "  y = Relu (n) }"),
                "its intermediate value 'w' is also read by others, or is a graph output");
    }

    @Test
    void differentMeansAreNoNormalization() {
        Rewriting.assertUntouched(
                new FuseNormalization(23),
                Rewriting.model(
                        17,
                        HEAD + ARITHMETIC + ">" + CENTRED.replace("s = Pow (d, two)", "s = Pow (x, two)")
                                + "  y = Relu (n) }"));
    }

    @Test
    void softmaxWithItsMaximum() {
        Rewriting.assertBecomes(
                new FuseSoftmax(),
                Rewriting.model(
                        17,
                        "(float[2,3,4] x) => (float[2,3,4] y) <int64[1] a = {1}> { m = ReduceMax <axes = [1]> (x)"
                                + "  d = Sub (x, m)  e = Exp (d)  s = ReduceSum (e, a)  y = Div (e, s) }"),
                Rewriting.model(17, "(float[2,3,4] x) => (float[2,3,4] y) { y = Softmax <axis = 1> (x) }"));
    }

    @Test
    void olderSoftmaxIsAlongTheLastAxis() {
        String graph = "(float[2,3,4] x) => (float[2,3,4] y) { e = Exp (x)  s = ReduceSum <axes = [%d]> (e)"
                + "  y = Div (e, s) }";
        Rewriting.assertBecomes(
                new FuseSoftmax(),
                Rewriting.model(11, graph.formatted(-1)),
                Rewriting.model(11, "(float[2,3,4] x) => (float[2,3,4] y) { y = Softmax <axis = 2> (x) }"));
        Rewriting.assertSkipped(
                new FuseSoftmax(), Rewriting.model(11, graph.formatted(1)), "only where it is the last");
    }

    @Test
    void aSumThatOthersReadIsNoSoftmax() {
        Rewriting.assertSkipped(
                new FuseSoftmax(),
                Rewriting.model(
                        13,
                        "(float[2,3] x) => (float[2,3] y, float[2,1] s) <int64[1] a = {1}> { e = Exp (x)"
                                + "  s = ReduceSum (e, a)  y = Div (e, s) }"),
                "its intermediate value 's' is also read by others, or is a graph output");
    }
}
