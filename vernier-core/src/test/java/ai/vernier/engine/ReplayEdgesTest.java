package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/// What a replay must not take for granted: models that are odd, but that single steps run.
class ReplayEdgesTest {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 2);

    /// Makes a run go step by step.
    private record Steps(Runnable inside) implements ValueHook {
        @Override
        public boolean wants(String value) {
            return true;
        }

        @Override
        public Tensor apply(String value, Tensor tensor) {
            inside.run();
            return tensor;
        }
    }

    private static Model model(int opset, String signature, String nodes) {
        return OnnxText.parse(
                "<ir_version: 10, opset_import: [\"\" : %d]> g %s { %s }".formatted(opset, signature, nodes));
    }

    private static TensorData floats(float... values) {
        return TensorData.ofFloats(values, values.length);
    }

    private static TensorData ramp(float first, long... dims) {
        float[] values = new float[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = first + i;
        }
        return TensorData.ofFloats(values, dims);
    }

    private static TensorData y(Executor executor, TensorData x) {
        return Objects.requireNonNull(executor.run(Map.of("x", x)).get("y"));
    }

    /// Runs on each of `xs` and again, each time as single steps do.
    private static void replaysWhatStepsDo(Model model, TensorData... xs) {
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            for (int run = 0; run < 2 * xs.length; run++) {
                TensorData x = xs[run % xs.length];
                Map<String, TensorData> steps = executor.run(Map.of("x", x), new Steps(() -> {}));
                assertThat(y(executor, x).toString() + elements(y(executor, x)))
                        .isEqualTo(steps.get("y") + elements(Objects.requireNonNull(steps.get("y"))));
            }
        }
    }

    private static String elements(TensorData data) {
        return data.dataType() == DataType.FLOAT ? Arrays.toString(data.toFloats()) : Arrays.toString(data.toLongs());
    }

    /// Neither operand has the axis along which both are repeated.
    @Test
    void axesThatBothOperandsRepeatAreFilled() {
        replaysWhatStepsDo(model(17, "(float[1,3] x) => (float[4,3] y)", """
                        shape = Constant <value = int64[2] {4, 3}> ()
                        e = Expand (x, shape)
                        y = Mul (e, e)
                        """), ramp(1, 1, 3), ramp(7, 1, 3));
        replaysWhatStepsDo(
                model(17, "(float x) => (float[5,1] y)", """
                        shape = Constant <value = int64[2] {5, 1}> ()
                        e = Expand (x, shape)
                        one = Constant <value = float[1] {1.0}> ()
                        y = BatchNormalization (e, one, one, one, one)
                        """),
                TensorData.ofFloats(new float[] {1}),
                TensorData.ofFloats(new float[] {5}));
    }

    /// LibTorch repeats updates that are too few; a copy would read behind them.
    @Test
    void updatesThatAreTooFewAreRepeated() {
        replaysWhatStepsDo(model(13, "(float[64,32] x) => (float[64,32] y)", """
                        at = Constant <value = int64[3,1] {0, 40, 63}> ()
                        rows = Constant <value = int64[1] {63}> ()
                        u = Gather <axis = 0> (x, rows)
                        y = ScatterND (x, at, u)
                        """), ramp(0, 64, 32), ramp(9, 64, 32));
    }

    @Test
    void padsComeFromWhereTheOpsetReadsThem() {
        replaysWhatStepsDo(model(13, "(float[2,2] x) => (float[3,2] y)", """
                        pads = Constant <value = int64[4] {1, 0, 0, 0}> ()
                        y = Pad <pads = [0, 0, 1, 0]> (x, pads)
                        """), ramp(1, 2, 2), ramp(5, 2, 2));
        replaysWhatStepsDo(model(1, "(float[2,2] x) => (float[3,2] y)", """
                        other = Constant <value = int64[4] {1, 0, 0, 0}> ()
                        y = Pad <paddings = [0, 0, 1, 0]> (x, other)
                        """), ramp(1, 2, 2), ramp(5, 2, 2));
        replaysWhatStepsDo(model(13, "(float[4] x) => (float[6] y)", """
                        pads = Constant <value = int64[2] {2, 0}> ()
                        y = Pad <mode = "reflect", pads = [1, 1]> (x, pads)
                        """), ramp(1, 4), ramp(5, 4));
    }

    /// A branch that hands out its input is a view in one run, and nothing of the kind in the next.
    @Test
    void branchesAreChosenAnew() {
        replaysWhatStepsDo(
                model(17, "(bool x) => (bool y)", """
                        y = If (x) <
                            then_branch = t () => (bool a) { a = Identity (x) },
                            else_branch = e () => (bool b) { b = Not (x) }>
                        """),
                TensorData.ofIntegers(DataType.BOOL, new long[] {1}),
                TensorData.ofIntegers(DataType.BOOL, new long[] {0}));
        replaysWhatStepsDo(model(17, "(float[1] x) => (float[1] y)", """
                        trips = Constant <value = int64 {1}> ()
                        zero = Constant <value = float[1] {0.0}> ()
                        y = Loop (trips, "", x) <
                            body = b (int64 i, bool going, float[1] v) => (bool go, float[1] w) {
                                go = Identity (going)
                                positive = Greater (v, zero)
                                w = If (positive) <
                                    then_branch = t () => (float[1] p) { p = Identity (v) },
                                    else_branch = e () => (float[1] q) { q = Neg (v) }>
                            }>
                        """), floats(3), floats(-4));
    }

    /// The shape of a view is fixed only as long as the shape is not taken from the viewed elements.
    @Test
    void aShapeThatIsItsOwnDataIsFollowed() {
        Model model = model(17, "(int64[2] x) => (int64[A,B] y)", "y = Reshape (x, x)");
        replaysWhatStepsDo(model, TensorData.ofLongs(new long[] {1, 2}, 2), TensorData.ofLongs(new long[] {2, 1}, 2));
    }

    @Test
    void randomNumbersInsideABranchAreDrawnAnew() {
        Model model = model(17, "(float[8] x) => (float[8] y)", """
                yes = Constant <value = bool {1}> ()
                noise = If (yes) <
                    then_branch = t () => (float[8] a) { a = RandomNormal <shape = [8]> () },
                    else_branch = e () => (float[8] b) { b = RandomUniform <shape = [8]> () }>
                y = Add (x, noise)
                """);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThat(y(executor, ramp(0, 8))).isNotEqualTo(y(executor, ramp(0, 8)));
        }
    }

    @Test
    void boundsThatLeaveNoRoomAndSlopesThatAreNoNumbersAreTaken() {
        for (List<String> bounds :
                List.of(List.of("1.0", "1.0"), List.of("2.0", "1.0"), List.of("nan", "1.0"), List.of("-inf", "nan"))) {
            replaysWhatStepsDo(
                    model(17, "(float[1,1,2,2] x) => (float[1,1,2,2] y)", """
                            low = Constant <value = float {%s}> ()
                            high = Constant <value = float {%s}> ()
                            c = Clip (x, low, high)
                            w = Constant <value = float[1,1,1,1] {2.0}> ()
                            v = Conv (c, w)
                            y = Clip (v, low, high)
                            """.formatted(
                                    bounds.getFirst(), bounds.getLast())),
                    ramp(-1, 1, 1, 2, 2));
        }
        replaysWhatStepsDo(
                model(17, "(float[3] x) => (float[3] y)", "y = LeakyRelu <alpha = inf> (x)"), floats(-1, 0.5f, 2));
    }

    @Test
    void scalarsAndWindowsBeyondTheImageAreTaken() {
        replaysWhatStepsDo(
                model(13, "(float x) => (float y)", "y = Softmax (x)"), TensorData.ofFloats(new float[] {2}));
        replaysWhatStepsDo(
                model(13, "(float x) => (float y)", "z = Neg (x) y = Add (z, x)"),
                TensorData.ofFloats(new float[] {2}));
        replaysWhatStepsDo(
                model(
                        13,
                        "(float[1,1,2,2] x) => (float[1,1,2,101] y)",
                        "y = MaxPool <kernel_shape = [1, 100], pads = [0, 99, 0, 99]> (x)"),
                ramp(1, 1, 1, 2, 2));
    }

    /// The product of matrices of one column whose stride says nothing.
    @Test
    void axesOfOneElementMayHaveAnyStride() {
        replaysWhatStepsDo(model(13, "(float[2,5,4] x) => (float[2,5,5] y)", """
                        from = Constant <value = int64[1] {1}> ()
                        to = Constant <value = int64[1] {2}> ()
                        axis = Constant <value = int64[1] {2}> ()
                        column = Slice (x, from, to, axis)
                        row = Transpose <perm = [0, 2, 1]> (column)
                        y = MatMul (column, row)
                        """), ramp(1, 2, 5, 4), ramp(3, 2, 5, 4));
    }

    @Test
    void anEmptyTensorKeepsItsOtherExtentsWhenFlattened() {
        Model model = model(13, "(float[0,3,2] x) => (float[0,6] y)", "y = Flatten (x)");
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThat(y(executor, TensorData.ofFloats(new float[0], 0, 3, 2)).dims())
                    .isEqualTo(new long[] {0, 6});
        }
    }

    /// An initializer that is also an input: a program of its own for those who give it.
    @Test
    void overriddenInitializersAreNotTakenForConstants() {
        Model model = OnnxText.parse("<ir_version: 10, opset_import: [\"\" : 17]> g (float[2] x, float[2] w) =>"
                + " (float[2] y) <float[2] w = {1.0, 2.0}> { v = Neg (w) y = Add (x, v) }");
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            for (int run = 0; run < 3; run++) {
                TensorData x = floats(10, 20);
                assertThat(y(executor, x).toFloats()).containsExactly(9, 18);
                for (float w : new float[] {5, 6}) {
                    Map<String, TensorData> both = Map.of("x", x, "w", floats(w, w + run));
                    assertThat(Objects.requireNonNull(executor.run(both).get("y"))
                                    .toFloats())
                            .containsExactly(10 - w, 20 - w - run);
                }
            }
        }
    }

    /// A step fails half way; what the steps before it have written does not reach the next run.
    @Test
    void aRunThatEndsHalfWayLeavesNothingBehind() {
        Model model = model(17, "(float[3] x, int64[1] i) => (float[1] y)", """
                n = Neg (x)
                g = Gather (n, i)
                y = Abs (g)
                """);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            for (int run = 0; run < 8; run++) {
                Map<String, TensorData> inputs = new LinkedHashMap<>();
                inputs.put("x", floats(run, run + 1, run + 2));
                inputs.put("i", TensorData.ofLongs(new long[] {run % 4}, 1));
                if (run % 4 == 3) {
                    assertThatThrownBy(() -> executor.run(inputs)).hasMessageContaining("Gather");
                } else {
                    assertThat(Objects.requireNonNull(executor.run(inputs).get("y"))
                                    .floatAt(0))
                            .isEqualTo(run + run % 4);
                }
            }
        }
    }

    @Test
    void aHookMayRunTheModelOnceMoreButNotCloseIt() {
        Model model = model(17, "(float[2] x) => (float[2] y)", "n = Neg (x) y = Abs (n)");
        List<String> complaints = new ArrayList<>();
        Executor executor = Executor.compile(model, OPTIONS, _ -> true);
        try (executor) {
            TensorData x = floats(1, -2);
            Map<String, TensorData> outputs = executor.run(Map.of("x", x), new Steps(() -> {
                assertThat(y(executor, x).toFloats()).containsExactly(1, 2);
                try {
                    executor.close();
                } catch (IllegalStateException e) {
                    complaints.add(String.valueOf(e.getMessage()));
                }
            }));
            assertThat(Objects.requireNonNull(outputs.get("y")).toFloats()).containsExactly(1, 2);
        }
        assertThat(complaints).isNotEmpty().allMatch(complaint -> complaint.contains("close it after the run"));
    }
}
