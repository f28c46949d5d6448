package ai.vernier.passes;

import ai.vernier.onnx.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplaceBatchNormTest {
    private static final String PARAMETERS = "float[2] g = {1.0, 2.0}, float[2] b = {0.5, -1.0},"
            + " float[2] m = {1.0, -2.0}, float[2] v = {4.0, 0.25}";
    private static final String NODES = " { n = BatchNormalization <epsilon = 0.0> (x, g, b, m, v)  y = Relu (n) }";

    @ParameterizedTest
    @ValueSource(strings = {"1,2,3", "1,2,3,4", "1,2,3,4,5"})
    void becomesADepthwiseConvolution(String shape) {
        String head = "(float[%s] x) => (float[%<s] y) <".formatted(shape);
        String ones = "1" + ",1".repeat(shape.split(",").length - 3);
        Rewriting.assertBecomes(
                new ReplaceBatchNorm(),
                Rewriting.model(17, head + PARAMETERS + ">" + NODES),
                Rewriting.model(
                        17,
                        head
                                + "float[2,1,%s] g_scale = {0.5, 4.0}, float[2] g_shift = {0.0, 7.0}>".formatted(ones)
                                + " { n = Conv <kernel_shape = [%s], group = 2> (x, g_scale, g_shift)  y = Relu (n) }"
                                        .formatted(ones)));
    }

    @Test
    void matricesAndUnknownRanksStay() {
        Model matrix = Rewriting.model(17, "(float[3,2] x) => (float[3,2] y) <" + PARAMETERS + ">" + NODES);
        Model unknown = Rewriting.model(17, "(float[] x) => (float[] y) <" + PARAMETERS + ">" + NODES);

        Rewriting.assertSkipped(new ReplaceBatchNorm(), matrix, "has 2 axes, and convolutions take three to five");
        Rewriting.assertSkipped(new ReplaceBatchNorm(), unknown, "has an unknown number of axes");
    }

    @Test
    void computedParametersStay() {
        Rewriting.assertSkipped(
                new ReplaceBatchNorm(),
                Rewriting.model(
                        17,
                        "(float[1,2,3] x, float[2] m) => (float[1,2,3] y) <"
                                + PARAMETERS
                                        .replace("float[2] m = {1.0, -2.0}, ", "")
                                        .replace(" float[2] m = {1.0, -2.0},", "")
                                + ">" + NODES),
                "parameter 'm' is not a float constant");
    }
}
