package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Infinities, NaN, both zeros and the ends of the range through every kernel: the same as step by step and in ONNX
/// Runtime. Numbers below the normal range are left out; XNNPACK takes them for zero.
class ReplaySpecialValuesTest {
    private static final float[] VALUES = {
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        0f,
        -0f,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.MIN_NORMAL,
        -Float.MIN_NORMAL,
        88.7f,
        100,
        -80,
        -110,
        3.5f,
        -2.5f,
        1,
        -1,
        0.5f,
        1e20f,
        -1e-30f
    };

    /// Exponentials are right to a few units in the last place, ONNX Runtime's sigmoid to 1e-8.
    private static final double RELATIVE = 2e-6;

    private static final double ABSOLUTE = 1e-8;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "y = Relu (x)",
                "y = Sigmoid (x)",
                "y = Tanh (x)",
                "y = Exp (x)",
                "y = Sqrt (x)",
                "y = Abs (x)",
                "y = Neg (x)",
                "y = LeakyRelu <alpha = 0.1> (x)",
                "y = PRelu (x, small)",
                "y = Clip (x, low, small)",
                "y = Clip (x, low)",
                "y = Clip (x, \"\", small)",
                "y = Clip (x)",
                "y = Clip (x, small, low)",
                "y = Pow (x, two)",
                "y = Pow (x, half)",
                "y = Add (x, turned)",
                "y = Sub (x, turned)",
                "y = Mul (x, turned)",
                "y = Div (x, turned)",
                "y = Max (x, turned)",
                "y = PRelu (x, turned)",
                "y = Softmax (x)",
                "z = Transpose (x) y = Softmax <axis = 1> (z)",
                "z = BatchNormalization (x, ones, ones, ones, ones) y = Neg (z)",
                "y = Concat <axis = 0> (x, turned)",
                "pads = Constant <value = int64[4] {1, 0, 0, 2}> () y = Pad (x, pads)",
                "which = Constant <value = int64[3] {2, 0, -1}> () y = Gather <axis = 1> (x, which)"
            })
    void everyJudgeAgrees(String nodes) {
        assertJudgesAgree(nodes, VALUES);
    }

    /// In double: where float sums go beyond its range, ours need not, so the ends of the range stay away.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "one = Constant <value = int64[1] {1}> () y = ReduceSum (x, one)",
                "y = ReduceMean <axes = [0]> (x)",
                "y = ReduceMean <axes = [1], keepdims = 0> (x)",
                "axes = Constant <value = int64[2] {0, 1}> () z = Unsqueeze (x, axes) y = GlobalAveragePool (z)"
            })
    void reductionsAgree(String nodes) {
        assertJudgesAgree(nodes, new float[] {Float.NEGATIVE_INFINITY, -0f, 0f, 2, -3, 1e-30f, 5});
        assertJudgesAgree(nodes, new float[] {1, Float.POSITIVE_INFINITY, 0f, 2, -3, 1e-30f, 5, -7, 9, 4, 8});
        assertJudgesAgree(nodes, new float[] {1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 2});
    }

    /// Without NaN, of which a pool makes nothing in particular.
    @ParameterizedTest
    @ValueSource(strings = {"[1, 2]", "[3, 2]", "[2, 1], pads = [1, 0, 1, 0]"})
    void poolsAgree(String window) {
        assertJudgesAgree(
                "axes = Constant <value = int64[2] {0, 1}> () z = Unsqueeze (x, axes) y = MaxPool <kernel_shape = %s> (z)"
                        .formatted(window),
                new float[] {Float.NEGATIVE_INFINITY, -0f, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, -3, 5, 9});
    }

    private static void assertJudgesAgree(String nodes, float[] values) {
        int n = values.length;
        Model model = OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 17]>
                g (float[%1$d,%1$d] x, float[%1$d,%1$d] turned) => (float y)
                <float two = {2.0}, float half = {0.5}, float low = {-1.0}, float small = {0.25},
                 float[%1$d] ones = {%2$s 1.0}> { %3$s }""".formatted(n, "1.0, ".repeat(n - 1), nodes));
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        float[] x = new float[n * n];
        float[] turned = new float[n * n];
        for (int i = 0; i < n * n; i++) {
            x[i] = values[i % n];
            turned[i] = values[(i + i / n) % n];
        }
        inputs.put("x", TensorData.ofFloats(x, n, n));
        inputs.put("turned", TensorData.ofFloats(turned, n, n));
        judge(model, inputs);
    }

    private static void judge(Model given, Map<String, TensorData> inputs) {
        Value y = new Value("y", new ValueType.TensorType(DataType.FLOAT, Optional.empty()), Details.NONE);
        Model model = given.withGraph(given.graph().withInterface(given.graph().inputs(), List.of(y)));
        try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1));
                OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
            executor.run(inputs);
            float[] replayed = y(executor.run(inputs));
            assertAlike("step by step", y(executor.run(inputs, ValueHook.NOBODY)), replayed);
            assertAlike("ONNX Runtime", y(judge.run(inputs)), replayed);
        }
    }

    private static float[] y(Map<String, TensorData> outputs) {
        return Objects.requireNonNull(outputs.get("y")).toFloats();
    }

    private static void assertAlike(String judge, float[] wanted, float[] found) {
        assertThat(found).hasSameSizeAs(wanted);
        for (int i = 0; i < found.length; i++) {
            double room = Math.max(ABSOLUTE, RELATIVE * Math.abs(wanted[i]));
            boolean isClose = Float.isFinite(found[i]) && Math.abs((double) wanted[i] - found[i]) <= room;
            boolean areZeros = wanted[i] == 0 && found[i] == 0; // which have to have the same sign
            boolean alike = Float.compare(wanted[i], found[i]) == 0 || (isClose && !areZeros);
            assertThat(alike)
                    .as("[%d]: %s says %s, found %s", i, judge, wanted[i], found[i])
                    .isTrue();
        }
    }
}
