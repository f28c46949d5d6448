package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// ONNX Runtime's own float operators against ONNX Runtime.
class ContribOpsTest {
    /// ONNX Runtime approximates erf and tanh by polynomials.
    private static final double APPROXIMATE = 2e-4;

    private static Differential node(String signature, String node) {
        return Differential.of(17, signature, node);
    }

    @Test
    void activations() {
        node("(float[3,8] x) => (float[3,8] y)", "y = com.microsoft.Gelu (x)")
                .within(APPROXIMATE)
                .agrees();
        node("(float[3,8] x) => (float[3,8] y)", "y = com.microsoft.FastGelu (x)")
                .within(APPROXIMATE)
                .agrees();
        node("(float[3,8] x, float[8] b) => (float[3,8] y)", "y = com.microsoft.FastGelu (x, b)")
                .within(APPROXIMATE)
                .agrees();
        node("(float[3,8] x, float[8] b) => (float[3,8] y)", "y = com.microsoft.BiasGelu (x, b)")
                .within(APPROXIMATE)
                .agrees();
        node("(float[3,8] x) => (float[3,8] y)", "y = com.microsoft.QuickGelu <alpha = 1.2> (x)")
                .within(APPROXIMATE)
                .agrees();
    }

    @Test
    void skipLayerNormalization() {
        node(
                        "(float[2,3,8] x, float[2,3,8] s, float[8] g, float[8] b, float[8] c)"
                                + " => (float[2,3,8] y, float[2,3,8] sum)",
                        "y, \"\", \"\", sum = com.microsoft.SkipLayerNormalization <epsilon = 1e-5> (x, s, g, b, c)")
                .agrees();
        node(
                        "(float[2,3,8] x, float[3,8] s, float[8] g) => (float[2,3,8] y)",
                        "y = com.microsoft.SkipLayerNormalization (x, s, g)")
                .agrees();
    }

    @Test
    void simplifiedLayerNormalization() {
        node("(float[2,3,8] x, float[8] g) => (float[2,3,8] y)", "y = SimplifiedLayerNormalization <axis = -1> (x, g)")
                .agrees();
        node(
                        "(float[2,3,8] x, float[2,3,8] s, float[8] g, float[8] c)"
                                + " => (float[2,3,8] y, float[2,3,8] sum)",
                        "y, \"\", \"\", sum = com.microsoft.SkipSimplifiedLayerNormalization (x, s, g, c)")
                .agrees();
    }

    @Test
    void embedLayerNormalization() {
        TensorData ids = TensorData.ofIntegers(DataType.INT32, new long[] {1, 4, 0, 2, 2, 3}, 2, 3);
        TensorData segments = TensorData.ofIntegers(DataType.INT32, new long[] {0, 0, 1, 1, 0, 1}, 2, 3);
        TensorData mask = TensorData.ofIntegers(DataType.INT32, new long[] {1, 1, 0, 1, 1, 1}, 2, 3);
        node(
                        "(int32[2,3] ids, int32[2,3] segments, float[5,8] w, float[4,8] p, float[2,8] s, float[8] g,"
                                + " float[8] b, int32[2,3] mask) => (float[2,3,8] y, int32[2] kept, float[2,3,8] sum)",
                        "y, kept, sum = com.microsoft.EmbedLayerNormalization <epsilon = 1e-5>"
                                + " (ids, segments, w, p, s, g, b, mask)")
                .with("ids", ids)
                .with("segments", segments)
                .with("mask", mask)
                .agrees();
    }

    @ParameterizedTest
    @CsvSource({"0,0,0,0", "1,0,0,0", "0,1,0,0", "1,1,0,0", "0,0,1,0", "1,0,1,0", "0,1,0,1"})
    void fusedMatMul(int transA, int transB, int batchA, int batchB) {
        String a = shape(transA, batchA, 4, 5);
        String b = shape(transB, batchB, 5, 6);
        node(
                        "(float%s a, float%s b) => (float[3,2,4,6] y)".formatted(a, b),
                        ("y = com.microsoft.FusedMatMul <alpha = 0.7, transA = %d, transB = %d, transBatchA = %d,"
                                        + " transBatchB = %d> (a, b)")
                                .formatted(transA, transB, batchA, batchB))
                .agrees();
    }

    private static String shape(int transposed, int batch, int rows, int columns) {
        int first = transposed == 1 ? columns : rows;
        int last = transposed == 1 ? rows : columns;
        return batch == 1
                ? "[2,%d,3,%d]".formatted(first, last).replace("[2,%d,3".formatted(first), "[" + first + ",3,2")
                : "[3,2,%d,%d]".formatted(first, last);
    }

    @Test
    void fusedGemm() {
        node(
                        "(float[5,4] a, float[5,6] b, float[6] c) => (float[4,6] y)",
                        "y = com.microsoft.FusedGemm <transA = 1, alpha = 0.5, beta = 2.0, activation = \"LeakyRelu\","
                                + " activation_alpha = 0.2> (a, b, c)")
                .agrees();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "activation = \"Relu\"",
                "activation = \"LeakyRelu\", activation_params = [0.2]",
                "activation = \"Clip\", activation_params = [-0.5, 0.7]",
                "activation = \"HardSigmoid\", activation_params = [0.3, 0.4]",
            })
    void fusedConv(String activation) {
        node(
                        "(float[2,3,6,5] x, float[4,3,3,3] w, float[4] b, float[2,4,6,5] z) => (float[2,4,6,5] y)",
                        "y = com.microsoft.FusedConv <pads = [1,1,1,1], %s> (x, w, b, z)".formatted(activation))
                .agrees();
    }

    @ParameterizedTest
    @CsvSource({"4,64,32", "8,64,32", "2,64,32", "4,40,16"})
    void matMulNBits(int bits, int inputs, int block) {
        int blocks = Math.ceilDiv(inputs, block);
        int zeroBytes = Math.ceilDiv(blocks * bits, 8);
        String shapes = "(float[3,%d] x, uint8[6,%d,%d] q, float[%d] s, uint8[%d] z) => (float[3,6] y)"
                .formatted(inputs, blocks, block * bits / 8, 6 * blocks, 6 * zeroBytes);
        Differential.of(
                        17,
                        shapes,
                        "y = com.microsoft.MatMulNBits <K = %d, N = 6, bits = %d, block_size = %d> (x, q, s, %s)"
                                .formatted(inputs, bits, block, "z"))
                .within(1e-4)
                .agrees();
    }

    @Test
    void inverse() {
        float[] matrices = {2, 1, 0, 0, 3, -1, 1, 0, 1, 0, 1, 0, -2, 0, 1, 4, 0, 0};
        Differential.of(17, "(float[2,3,3] x) => (float[2,3,3] y)", "y = com.microsoft.Inverse (x)")
                .with("x", TensorData.ofFloats(matrices, 2, 3, 3))
                .agrees();
    }
}
