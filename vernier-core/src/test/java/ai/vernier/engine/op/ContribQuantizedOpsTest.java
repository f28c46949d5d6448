package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// ONNX Runtime's operators on 8-bit tensors against ONNX Runtime. Its kernels multiply by a rounded
/// reciprocal of the scale, so that a code may differ by one where the quotient lies halfway between two.
class ContribQuantizedOpsTest {
    private static final double ONE_CODE = 1;

    private static TensorData scale(double value) {
        return TensorData.ofFloats(new float[] {(float) value});
    }

    private static TensorData zero(DataType type, long value) {
        return TensorData.ofIntegers(type, new long[] {value});
    }

    private static Differential quantized(String signature, String node, DataType type) {
        String t = type.text();
        long offset = type == DataType.INT8 ? -128 : 0;
        return Differential.of(17, signature.replace("T[", t + "[").replace("T ", t + " "), node)
                .with("as", scale(0.02))
                .with("az", zero(type, 120 + offset))
                .with("bs", scale(0.03))
                .with("bz", zero(type, 131 + offset))
                .with("ys", scale(0.04))
                .with("yz", zero(type, 117 + offset))
                .within(ONE_CODE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UINT8", "INT8"})
    void elementwise(String name) {
        DataType type = DataType.valueOf(name);
        String two = "(T[3,8] a, float as, T az, T[3,8] b, float bs, T bz, float ys, T yz) => (T[3,8] y)";
        quantized(two, "y = com.microsoft.QLinearAdd (a, as, az, b, bs, bz, ys, yz)", type)
                .agrees();
        quantized(two, "y = com.microsoft.QLinearMul (a, as, az, b, bs, bz, ys, yz)", type)
                .agrees();
        String one = "(T[3,8] a, float as, T az, float ys, T yz) => (T[3,8] y)";
        quantized(one, "y = com.microsoft.QLinearLeakyRelu <alpha = 0.2> (a, as, az, ys, yz)", type)
                .agrees();
        quantized(one, "y = com.microsoft.QLinearSigmoid (a, as, az, ys, yz)", type)
                .with("ys", scale(1 / 256.0))
                .with("yz", zero(type, type == DataType.INT8 ? -128 : 0))
                .agrees();
        quantized(one, "y = com.microsoft.QLinearSoftmax <axis = -1, opset = 13> (a, as, az, ys, yz)", type)
                .with("ys", scale(1 / 256.0))
                .with("yz", zero(type, type == DataType.INT8 ? -128 : 0))
                .agrees();
    }

    @Test
    void concat() {
        quantized(
                        "(float ys, T yz, T[3,2] a, float as, T az, T[3,4] b, float bs, T bz) => (T[3,6] y)",
                        "y = com.microsoft.QLinearConcat <axis = 1> (ys, yz, a, as, az, b, bs, bz)",
                        DataType.UINT8)
                .agrees();
    }

    @Test
    void pooling() {
        quantized(
                        "(T[2,3,6,7] a, float as, T az, float ys, T yz) => (T[2,3,3,4] y)",
                        "y = com.microsoft.QLinearAveragePool <kernel_shape = [3,3], strides = [2,2], pads = [1,1,0,1]>"
                                + " (a, as, az, ys, yz)",
                        DataType.UINT8)
                .agrees();
        quantized(
                        "(T[2,6,7,3] a, float as, T az, float ys, T yz) => (T[2,1,1,3] y)",
                        "y = com.microsoft.QLinearGlobalAveragePool <channels_last = 1> (a, as, az, ys, yz)",
                        DataType.UINT8)
                .agrees();
    }

    @Test
    void products() {
        String gemm = "(T[3,5] a, float as, T az, T[6,5] b, float bs, T bz, int32[6] c%s) => (%s[3,6] y)";
        TensorData bias = TensorData.ofIntegers(DataType.INT32, new long[] {0, 100, -300, 4000, 5, -60}, 6);
        quantized(
                        gemm.formatted(", float ys, T yz", "uint8"),
                        "y = com.microsoft.QGemm <transB = 1> (a, as, az, b, bs, bz, c, ys, yz)",
                        DataType.UINT8)
                .with("c", bias)
                .agrees();
        quantized(
                        gemm.formatted("", "float"),
                        "y = com.microsoft.QGemm <transB = 1> (a, as, az, b, bs, bz, c)",
                        DataType.UINT8)
                .with("c", bias)
                .within(1e-5)
                .agrees();
        quantized(
                        "(T[3,5] a, T[5,6] b, float as, float bs, T az, T bz, float[6] c) => (float[3,6] y)",
                        "y = com.microsoft.MatMulIntegerToFloat (a, b, as, bs, az, bz, c)",
                        DataType.UINT8)
                .within(1e-5)
                .agrees();
        quantized(
                        "(float[3,5] a, T[5,6] b, float bs, T bz, float[6] c) => (float[3,6] y)",
                        "y = com.microsoft.DynamicQuantizeMatMul (a, b, bs, bz, c)",
                        DataType.UINT8)
                .within(1e-4)
                .agrees();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void productsWithAScaleAndAZeroPointForEachColumn(int transposed) {
        quantized(
                        "(T[3,5] a, float as, T az, T[%s] b, float[6] bs, T[6] bz, int32[6] c, float ys, T yz)"
                                        .formatted(transposed == 1 ? "6,5" : "5,6")
                                + " => (T[3,6] y)",
                        "y = com.microsoft.QGemm <transB = %d> (a, as, az, b, bs, bz, c, ys, yz)".formatted(transposed),
                        DataType.UINT8)
                .with("bs", TensorData.ofFloats(new float[] {.01f, .02f, .03f, .04f, .05f, .06f}, 6))
                .with("bz", TensorData.ofIntegers(DataType.UINT8, new long[] {0, 17, 90, 128, 200, 255}, 6))
                .with("c", TensorData.ofIntegers(DataType.INT32, new long[] {0, 100, -300, 4000, 5, -60}, 6))
                .agrees();
    }

    @Test
    void quantizeAndDequantize() {
        quantized(
                        "(float[3,5] a, float as, T az) => (T[3,5] y)",
                        "y = com.microsoft.QuantizeLinear (a, as, az)",
                        DataType.INT8)
                .agrees();
        quantized(
                        "(T[3,5] a, float as, T az) => (float[3,5] y)",
                        "y = com.microsoft.DequantizeLinear (a, as, az)",
                        DataType.INT8)
                .within(1e-6)
                .agrees();
    }
}
