package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.rewrite.Outcome;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FuseActivationsTest {
    private static final String HEAD = "(float[2,37] x) => (float[2,37] y) ";
    private static final String CONSTANTS = HEAD
            + "<float half = {0.5}, float one = {1.0}, float two = {2.0}, float three = {3.0}, float six = {6.0},"
            + " float zero = {0.0}, float sixth = {0.16666667}, float root2 = {1.4142135}, float half_root = {0.70710677},"
            + " float[1] c = {0.044715}, float k = {0.7978846}, float q = {1.702}, float leak = {0.1},"
            + " float bert = {1.4142099618911743}> ";

    @Test
    void hardSwishOfFourNodes() {
        Rewriting.assertBecomes(
                new FuseActivations(21),
                Rewriting.model(
                        14,
                        HEAD + "<float three = {3.0}, float zero = {0.0}, float six = {6.0}> { a = Add (x, three)"
                                + "  b = Clip (a, zero, six)  c = Mul (x, b)  y = Div (c, six) }"),
                Rewriting.model(14, HEAD + "{ y = HardSwish (x) }"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a = Add (three, x) b = Clip (a, zero, six) d = Div (b, six)   y = Mul (d, x)          | HardSwish",
                "a = Add (x, three) b = Clip (a, zero, six) d = Mul (b, sixth) y = Mul (x, d)          | HardSwish",
                "a = Add (x, three) b = Max (a, zero) d = Min (b, six) e = Div (x, six) y = Mul (e, d) | HardSwish",
                "a = HardSigmoid <alpha = 0.16666667, beta = 0.5> (x) y = Mul (x, a)                   | HardSwish",
                "a = Add (x, three) b = Clip (a, zero, six) y = Div (b, six)                           | HardSigmoid",
                "a = Div (x, root2) b = Erf (a) d = Add (b, one) e = Mul (x, d) y = Mul (e, half)      | Gelu",
                "a = Mul (x, half_root) b = Erf (a) d = Add (one, b) e = Mul (half, x) y = Mul (e, d)  | Gelu",
                "a = Div (x, bert) b = Erf (a) d = Add (b, one) e = Mul (d, half) y = Mul (x, e)       | Gelu",
                "a = Pow (x, three) b = Mul (a, c) d = Add (x, b) e = Mul (d, k) f = Tanh (e) g = Add (f, one)"
                        + " h = Mul (x, half) y = Mul (h, g)                                           | Gelu",
                "a = Mul (x, x) b = Mul (a, x) d = Mul (c, b) e = Add (d, x) f = Mul (k, e) g = Tanh (f)"
                        + " h = Add (one, g) i = Mul (h, x) y = Mul (half, i)                          | Gelu",
                "a = Softplus (x) b = Tanh (a) y = Mul (x, b)                                          | Mish",
                "a = Exp (x) b = Add (a, one) d = Log (b) e = Tanh (d) y = Mul (e, x)                  | Mish",
                "a = Neg (x) b = Exp (a) d = Add (b, one) y = Div (one, d)                             | Sigmoid",
                "a = Abs (x) b = Add (a, one) y = Div (x, b)                                           | Softsign",
                "a = Exp (x) b = Add (one, a) y = Log (b)                                              | Softplus",
                "a = Mul (x, leak) y = Max (a, x)                                                      | LeakyRelu",
                "y = Max (x, zero)                                                                     | Relu",
            })
    void spellingsBecomeOneOperator(String nodes, String operator) {
        Model before = Rewriting.model(13, CONSTANTS + "{ " + nodes + " }");
        Model found = new FuseActivations(21).apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly(operator);
        assertThat(found.graph().initializers()).isEmpty();
        Judged.assertSameOutputs(before, found, 3e-6);
        Judged.assertSameOutputsInEngine(before, found, 3e-6);
    }

    @Test
    void theTwoFormsOfGeluAreToldApart() {
        String tanh = "{ a = Pow (x, three) b = Mul (a, c) d = Add (x, b) e = Mul (d, k) f = Tanh (e) g = Add (f, one)"
                + " h = Mul (x, half) y = Mul (h, g) }";
        Node gelu = new FuseActivations(21)
                .apply(Rewriting.model(20, CONSTANTS + tanh))
                .model()
                .graph()
                .nodes()
                .getFirst();

        assertThat(gelu.attributes()).isEqualTo(Map.of("approximate", Attribute.of("tanh")));
    }

    @Test
    void parametersAreFitted() {
        Node hardSigmoid = new FuseActivations(21)
                .apply(Rewriting.model(
                        13, CONSTANTS + "{ a = Mul (x, leak) b = Add (a, half) y = Clip (b, zero, one) }"))
                .model()
                .graph()
                .nodes()
                .getFirst();

        assertThat(hardSigmoid.opType()).isEqualTo("HardSigmoid");
        assertThat(hardSigmoid.floatAttribute("alpha", 0)).isEqualTo(0.1f);
        assertThat(hardSigmoid.floatAttribute("beta", 0)).isEqualTo(0.5f);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"a = Sigmoid (x) y = Mul (x, a) | 1.0", "a = Mul (q, x) b = Sigmoid (a) y = Mul (b, x) | 1.702"})
    void siluBecomesSwishWhereThatIsAllowed(String nodes, float alpha) {
        Model before = Rewriting.model(13, CONSTANTS + "{ " + nodes + " }");
        Model found = new FuseActivations(24).apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly("Swish");
        assertThat(found.graph().nodes().getFirst().floatAttribute("alpha", 1)).isEqualTo(alpha);
        assertThat(found.opset()).isEqualTo(24);
        Judged.assertSameOutputs(before, found, 3e-6);
        Rewriting.assertSkipped(
                new FuseActivations(21),
                before,
                "Swish exists from opset 24 on; the model is of opset 13, and is raised to at most 21");
    }

    @Test
    void theModelIsRaisedAsFarAsNeeded() {
        Model before =
                Rewriting.model(11, CONSTANTS + "{ a = Softplus (x) b = Tanh (a) c2 = Mul (x, b) y = Max (c2, zero) }");

        assertThat(new FuseActivations(21).apply(before).model().opset()).isEqualTo(18);
        assertThat(new FuseActivations(21)
                        .apply(before)
                        .log()
                        .applied()
                        .getFirst()
                        .outcome())
                .isEqualTo(new Outcome.Applied("raised from opset 11 to 18"));
        assertThat(new FuseActivations(17).apply(before).model().opset()).isEqualTo(11);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a = Add (x, three) b = Clip (a, zero, six) d = Mul (x, b) y = Div (d, three)",
                "a = Add (x, two) b = Clip (a, zero, six) d = Mul (x, b) y = Div (d, six)",
                "a = Div (x, two) b = Erf (a) d = Add (b, one) e = Mul (x, d) y = Mul (e, half)",
                "a = Neg (x) y = Neg (a)",
                "a = Mul (x, x) y = Sqrt (a)",
                "a = Exp (x) y = Mul (x, a)",
            })
    void otherFunctionsStay(String nodes) {
        Rewriting.assertUntouched(new FuseActivations(21), Rewriting.model(20, CONSTANTS + "{ " + nodes + " }"));
    }

    @Test
    void whatIsReadInBetweenStays() {
        Rewriting.assertSkipped(
                new FuseActivations(21),
                Rewriting.model(
                        20,
                        "(float[3] x) => (float[3] y, float[3] t) { a = Softplus (x)  t = Tanh (a)  y = Mul (x, t) }"),
                "its intermediate value 't' is also read by others, or is a graph output");
    }

    @Test
    void constantsThatAddAxesStay() {
        Rewriting.assertSkipped(
                new FuseActivations(21),
                Rewriting.model(
                        20,
                        "(float[3] x) => (float[1,3] y) <float[1,1] one = {1.0}>"
                                + " { a = Abs (x)  b = Add (a, one)  y = Div (x, b) }"),
                "constant 'one' has more axes than 'x'");
    }

    @Test
    void anAxisThatAConstantAddsToAScalarStays() {
        Rewriting.assertSkipped(
                new FuseActivations(21),
                Rewriting.model(20, "(float x) => (float[1] y) <float[1] zero = {0.0}> { y = Max (x, zero) }"),
                "constant 'zero' has more axes than 'x'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(int64[2] x) => (int64[2] y) <int64 zero = {0}> { y = Max (x, zero) }",
                "(int64[2] x) => (int64[2] y) <int64 zero = {0}, int64 one = {1}> { a = Min (x, one)  y = Max (a, zero) }",
                "(double[2] x) => (double[2] y) { a = Softplus (x)  b = Tanh (a)  y = Mul (x, b) }",
            })
    void otherTypesStay(String graph) {
        Rewriting.assertUntouched(new FuseActivations(21), Rewriting.model(20, graph));
    }

    /// The constant of three elements is no number, so that the way up from it ends only where the chain does.
    @Test
    @Timeout(60)
    void longChainsAreNotClimbed() {
        StringBuilder nodes = new StringBuilder("v0 = Abs (x) ");
        for (int i = 1; i <= 20_000; i++) {
            nodes.append("v%d = Add (v%d, k) ".formatted(i, i - 1));
        }
        Rewriting.assertUntouched(
                new FuseActivations(21),
                Rewriting.model(
                        20,
                        "(float[3] x) => (float[3] y) <float[3] k = {1, 2, 3}> { %s y = Neg (v20000) }"
                                .formatted(nodes)));
    }

    @Test
    void theErrorFunctionIsExact() {
        assertThat(ErrorFunction.at(0.5)).isCloseTo(0.5204998778130465, within(1e-15));
        assertThat(ErrorFunction.at(-2)).isCloseTo(-0.9953222650189527, within(1e-14));
        assertThat(ErrorFunction.at(4.5)).isCloseTo(0.9999999998033839, within(1e-13));
        assertThat(ErrorFunction.at(1e6)).isEqualTo(1);
        assertThat(ErrorFunction.at(0)).isZero();
    }
}
