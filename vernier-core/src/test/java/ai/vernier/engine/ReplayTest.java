package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class ReplayTest {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 2);

    private static Model model(String signature, String nodes) {
        return OnnxText.parse("<ir_version: 10, opset_import: [\"\" : 17]> g %s { %s }".formatted(signature, nodes));
    }

    private static TensorData random(int seed, long... dims) {
        Random random = new Random(seed);
        float[] values = new float[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorData.ofFloats(values, dims);
    }

    private static TensorData y(Executor executor, Map<String, TensorData> inputs) {
        return Objects.requireNonNull(executor.run(inputs).get("y"));
    }

    /// Runs `model` three times on other data of the same shapes, and compares each run with ONNX Runtime.
    private static void agreesRunAfterRun(Model model, String... inputsAndDims) {
        try (Executor executor = Executor.compile(model, OPTIONS);
                OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
            for (int run = 0; run < 3; run++) {
                int seed = run;
                Map<String, TensorData> inputs = new LinkedHashMap<>();
                for (String input : inputsAndDims) {
                    String[] parts = input.split(":", -1);
                    long[] dims = Arrays.stream(parts[1].split(","))
                            .mapToLong(Long::parseLong)
                            .toArray();
                    inputs.put(parts[0], random(seed + 10 * inputs.size(), dims));
                }
                Map<String, TensorData> expected = judge.run(inputs);
                executor.run(inputs).forEach((name, value) -> {
                    TensorData wanted = Objects.requireNonNull(expected.get(name));
                    assertThat(value.dims()).isEqualTo(wanted.dims());
                    float[] found = value.toFloats();
                    float[] known = wanted.toFloats();
                    for (int i = 0; i < known.length; i++) {
                        assertThat(found[i])
                                .as(name + i)
                                .isCloseTo(known[i], within(2e-6f * Math.max(1, Math.abs(known[i]))));
                    }
                });
            }
        }
    }

    @Test
    void axesThatAnAttributeStatesCountMoreThanAnInput() {
        Model model = model(
                "(float[2,3] x) => (float[2,1] y)",
                "other = Constant <value = int64[2] {0, 5000}> () y = ReduceMean <axes = [1]> (x, other)");
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            for (int run = 0; run < 3; run++) {
                TensorData x = TensorData.ofFloats(new float[] {1, 2, 3 + run, 6, 6, 6}, 2, 3);
                assertThat(y(executor, Map.of("x", x)).toFloats()).containsExactly(2 + run / 3f, 6);
            }
        }
    }

    @Test
    void tensorsWithoutElementsStayWhatTheyAre() {
        agreesRunAfterRun(
                model("(float[2,0,4] a, float[3,4] b) => (float[2,0,4] y, float[2,0,4] z, float[3,4] p)", """
                        shape = Constant <value = int64[2] {0, 4}> ()
                        y = Concat <axis = 1> (a, a)
                        r = Relu (y)
                        z = Add (r, a)
                        e = Reshape <allowzero = 1> (a, shape)
                        p = Concat <axis = 0> (e, b)
                        """),
                "a:2,0,4",
                "b:3,4");
    }

    @Test
    void elementwiseStepsBroadcastAndTakeAnyLayout() {
        agreesRunAfterRun(
                model("(float[2,3,4,5] a, float[5,4] b, float[3,1,1] c) => (float[2,3,4,5] y, float[4,2,5,3] z)", """
                        t = Transpose <perm = [1, 0]> (b)
                        u = Add (a, t)
                        v = Mul (c, u)
                        w = Sub (v, a)
                        s = Sigmoid (w)
                        y = Div (s, u)
                        p = Transpose <perm = [2, 0, 3, 1]> (v)
                        q = Transpose <perm = [2, 0, 3, 1]> (a)
                        r = PRelu (p, q)
                        z = Tanh (r)
                        """),
                "a:2,3,4,5",
                "b:5,4",
                "c:3,1,1");
    }

    @Test
    void movingStepsCopyWhatIsNoView() {
        agreesRunAfterRun(
                model(
                        "(float[2,3,4] a, float[2,1,4] b) => (float[8,4] y, float[2,4,6] z, float[2,4,4] g, float[2,3,4] h)",
                        """
                        joined = Concat <axis = 1> (a, b)
                        eight = Constant <value = int64[2] {8, 4}> ()
                        back = Transpose <perm = [0, 2, 1]> (joined)
                        flat = Reshape (back, eight)
                        y = Neg (flat)
                        pads = Constant <value = int64[6] {0, 0, 1, 0, 0, 1}> ()
                        z = Pad (back, pads)
                        which = Constant <value = int64[4] {3, 0, -1, 1}> ()
                        g = Gather <axis = 1> (joined, which)
                        at = Constant <value = int64[2,2] {0, 2, 1, -3}> ()
                        two = Constant <value = int64[2] {2, 4}> ()
                        rows = Reshape (b, two)
                        h = ScatterND (a, at, rows)
                        """),
                "a:2,3,4",
                "b:2,1,4");
    }

    /// Elements of 8, 4, 2 and 1 bytes, scattered on one side of the copy or on both.
    @Test
    void movingStepsTakeElementsOfAnyWidth() {
        for (DataType type : List.of(DataType.INT64, DataType.INT32, DataType.INT16, DataType.UINT8)) {
            Model model = model(
                    "(%1$s[3,4,5] x) => (%1$s[5,24] y, %1$s[4,3,2] z, %1$s[6,4,5] t)".formatted(type.text()), """
                    turned = Transpose <perm = [2, 1, 0]> (x)
                    shape = Constant <value = int64[2] {5, 24}> ()
                    both = Concat <axis = 2> (turned, turned)
                    y = Reshape (both, shape)
                    at = Constant <value = int64[2] {4, 1}> ()
                    few = Gather <axis = 2> (x, at)
                    z = Transpose <perm = [1, 0, 2]> (few)
                    back = Transpose <perm = [2, 1, 0]> (turned)
                    t = Concat <axis = 0> (back, x)
                    """);
            try (Executor executor = Executor.compile(model, OPTIONS);
                    OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
                for (int run = 0; run < 3; run++) {
                    long[] values = new Random(run).longs(60, 0, 128).toArray();
                    Map<String, TensorData> x = Map.of("x", TensorData.ofIntegers(type, values, 3, 4, 5));
                    assertThat(executor.run(x)).isEqualTo(judge.run(x));
                }
            }
        }
    }

    @Test
    void reductionsTakeAxesOfAnyLayout() {
        agreesRunAfterRun(
                model(
                        "(float[2,3,5,4] x) => (float[2,1,5,1] a, float[3,5] b, float[2,5,4] c, float d, float[2,3] e)",
                        """
                        a = ReduceMean <axes = [1, 3]> (x)
                        b = ReduceMean <axes = [0, -1], keepdims = 0> (x)
                        t = Transpose <perm = [0, 2, 3, 1]> (x)
                        w = Mul (t, t)
                        c = ReduceMean <axes = [3], keepdims = 0> (w)
                        axes = Constant <value = int64[2] {1, 2}> ()
                        e = ReduceSum <keepdims = 0> (w, axes)
                        d = ReduceMean <keepdims = 0> (x)
                        """),
                "x:2,3,5,4");
    }

    @Test
    void imagesArePooledNormalizedAndSpread() {
        agreesRunAfterRun(
                model(
                        "(float[2,3,9,7] x, float[6,2] m) => (float[2,3,4,3] p, float[2,3,1,1] g, float[2,3,9,7] n, float[6,2] s, float[2,3,10,7] t)",
                        """
                        p = MaxPool <kernel_shape = [3, 2], strides = [2, 2]> (x)
                        g = GlobalAveragePool (x)
                        scale = Constant <value = float[3] {1.0, -2.0, 0.5}> ()
                        mean = Constant <value = float[3] {0.1, 0.2, 0.3}> ()
                        variance = Constant <value = float[3] {0.5, 1.0, 2.0}> ()
                        n = BatchNormalization (x, scale, mean, mean, variance)
                        s = Softmax (m)
                        w = Constant <value = float[3,1,2,1] {1.0, 2.0, 3.0, -1.0, 0.5, 0.25}> ()
                        t = ConvTranspose <group = 3> (x, w)
                        """),
                "x:2,3,9,7",
                "m:6,2");
    }

    /// Every side padded differently, steps that differ, and both at once.
    @Test
    void poolsKeepTheirSidesApart() {
        agreesRunAfterRun(
                model(
                        "(float[2,4,7,9] x) => (float[2,4,8,8] a, float[2,4,5,8] b, float[2,4,7,9] c, float[2,4,6,9] d)",
                        """
                        a = MaxPool <kernel_shape = [3, 3], pads = [1, 0, 2, 1]> (x)
                        b = MaxPool <kernel_shape = [2, 2], dilations = [2, 1]> (x)
                        c = MaxPool <kernel_shape = [3, 3], pads = [0, 2, 2, 0]> (x)
                        d = MaxPool <kernel_shape = [2, 2], dilations = [3, 2], pads = [1, 1, 1, 1]> (x)
                        """),
                "x:2,4,7,9");
    }

    /// More channels, pixels, results and rows than are worked on at once.
    @Test
    void layersThatAreCutIntoPartsAreWhole() {
        agreesRunAfterRun(
                model(
                        "(float[1,2,130,130] x, float[1,4,130,130] r, float[1,400,3,3] c, float[1,600,6] a, float[1,6,5] b)"
                                + " => (float[1,4,130,130] y, float[1,400,3,3] z, float[1,600,5] m)",
                        """
                        %s
                        v = Conv (x, w)
                        s = Add (v, r)
                        y = LeakyRelu <alpha = 0.25> (s)
                        z = Conv <group = 400> (c, d)
                        m = MatMul (a, b)
                        """.formatted(constants(4 * 2, "float[4,2,1,1] w") + constants(400, "float[400,1,1,1] d"))),
                "x:1,2,130,130",
                "r:1,4,130,130",
                "c:1,400,3,3",
                "a:1,600,6",
                "b:1,6,5");
    }

    /// 16900 pixels: a part of 16384, and the rest.
    @Test
    void imagesOfSeveralPartsAreBroughtToChannelsLast() {
        agreesRunAfterRun(
                model("(float[2,2,130,130] x) => (float[2,4,130,130] y)", """
                        %s
                        c = Conv (x, w)
                        r = Relu (c)
                        y = Neg (r)
                        """.formatted(
                                constants(4 * 2, "float[4,2,1,1] w"))),
                "x:2,2,130,130");
    }

    /// A node that makes 1, 2, 3 … of `value`.
    private static String constants(int count, String value) {
        String elements =
                IntStream.rangeClosed(1, count).mapToObj(i -> i + ".0").collect(Collectors.joining(", "));
        String[] typeAndName = value.split(" ", -1);
        return "%s = Constant <value = %s {%s}> () ".formatted(typeAndName[1], typeAndName[0], elements);
    }

    /// Two sequences are fewer than three, and the next time more than one.
    @Test
    void recurrencesFollowTheBatch() {
        for (String layer : List.of(
                "LSTM <hidden_size = 2> (x, w4, r4)", "GRU <hidden_size = 2, linear_before_reset = 1> (x, w3, r3)")) {
            Model model = model("(float[3,N,2] x) => (float[3,1,N,2] y)", """
                    w4 = Constant <value = float[1,8,2] {%1$s}> ()
                    r4 = Constant <value = float[1,8,2] {%1$s}> ()
                    w3 = Constant <value = float[1,6,2] {%2$s}> ()
                    r3 = Constant <value = float[1,6,2] {%2$s}> ()
                    y = %3$s
                    """.formatted(
                            "0.5, -0.25, ".repeat(7) + "0.5, 1.0", "0.5, -0.25, ".repeat(5) + "0.5, 1.0", layer));
            try (Executor executor = Executor.compile(model, OPTIONS);
                    OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
                for (int batch : new int[] {2, 40, 1, 3, 40, 2, 7}) {
                    Map<String, TensorData> x = Map.of("x", random(batch, 3, batch, 2));
                    float[] wanted =
                            Objects.requireNonNull(judge.run(x).get("y")).toFloats();
                    assertThat(y(executor, x).toFloats())
                            .usingComparatorWithPrecision(1e-6f)
                            .containsExactly(wanted);
                }
            }
        }
    }

    /// Before opset 11 the pads are an attribute; whoever believed the input would write behind the result.
    @Test
    void padsThatTheOpsetDoesNotReadAreNotWritten() {
        Model model = OnnxText.parse("<ir_version: 10, opset_import: [\"\" : 3]> g (float[1,2,2] x) => (float[1,A,B] y)"
                + " <int64[6] pads = {0, 4, 0, 0, 4, 0}> { y = Pad (x, pads) }");
        Map<String, TensorData> inputs = Map.of("x", random(1, 1, 2, 2));
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThat(y(executor, inputs)).isEqualTo(inputs.get("x"));
            assertThat(y(executor, inputs)).isEqualTo(inputs.get("x"));
        }
    }

    /// Narrow integers live in wider types of LibTorch; whoever believed the type would copy floats to a quarter of
    /// their room.
    @Test
    void statedTypesThatOperandsDoNotHaveAreNotBelieved() {
        Model model = model("(float[2,3] x, float[1,3] u) => (int4[2,3] y)", """
                i = Constant <value = int64[1,1] {1}> ()
                y = ScatterND (x, i, u)
                """);
        Map<String, TensorData> inputs = Map.of("x", random(1, 2, 3), "u", random(2, 1, 3));
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            for (int run = 0; run < 3; run++) {
                assertThatThrownBy(() -> executor.run(inputs))
                        .isInstanceOf(InvalidInputException.class)
                        .hasMessage("output 'y' is declared as int4, but the model computes float");
            }
        }
    }

    @Test
    void endsAreReflected() {
        agreesRunAfterRun(model("(float[2,4,5] x) => (float[2,4,9] y, float[2,6,5] z)", """
                        last = Constant <value = int64[6] {0, 0, 3, 0, 0, 1}> ()
                        y = Pad <mode = "reflect"> (x, last)
                        middle = Constant <value = int64[6] {0, 2, 0, 0, 0, 0}> ()
                        z = Pad <mode = "reflect"> (x, middle)
                        """), "x:2,4,5");
    }

    @Test
    void everyRunGivesTheBitsOfTheFirst() {
        Model model = model("(float[1,8,6,6] x) => (float[1,8,6,6] y)", """
                s = Sigmoid (x)
                e = Exp (s)
                t = Tanh (e)
                y = Add (t, x)
                """);
        Map<String, TensorData> one = Map.of("x", random(1, 1, 8, 6, 6));
        Map<String, TensorData> other = Map.of("x", random(2, 1, 8, 6, 6));
        try (Executor executor = Executor.compile(model, OPTIONS);
                Executor fresh = Executor.compile(model, OPTIONS)) {
            TensorData first = y(executor, one);
            TensorData copy = TensorData.ofFloats(first.toFloats(), first.dims());
            TensorData second = y(executor, other);
            assertThat(second).isNotEqualTo(first).isEqualTo(y(fresh, other));
            assertThat(first).as("results given out before").isEqualTo(copy);
            assertThat(y(executor, one)).isEqualTo(first);
        }
    }

    /// With SAME_UPPER the padding depends on the size, and an observed run is no replay.
    @Test
    void observedRunsOfOtherShapesBetweenChangeNothing() {
        String weight = "{" + "0.5, -1.0, 2.0, ".repeat(23) + "0.25, 1.0, 3.0}";
        Model model = OnnxText.parse("<ir_version: 10, opset_import: [\"\" : 17]> g (float[N,2,H,W] x) =>"
                + " (float[N,4,P,Q] y) <float[4,2,3,3] w = %s>".formatted(weight)
                + " { y = Conv <auto_pad = \"SAME_UPPER\", strides = [2, 2]> (x, w) }");
        Map<String, TensorData> even = Map.of("x", random(1, 1, 2, 6, 6));
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            TensorData first = y(executor, even);
            executor.run(Map.of("x", random(2, 1, 2, 5, 5)), new ValueHook() {
                @Override
                public boolean wants(String value) {
                    return false;
                }

                @Override
                public Tensor apply(String value, Tensor tensor) {
                    return tensor;
                }
            });
            assertThat(y(executor, even)).isEqualTo(first);
        }
    }

    @Test
    void newShapesAreTakenUp() {
        Model model = model("(float[N,3] x) => (float[M] y)", """
                all = Shape (x)
                one = Constant <value = int64[1] {-1}> ()
                flat = Reshape (x, one)
                y = Mul (flat, flat)
                """);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            for (int rows : new int[] {2, 5, 5, 2, 7, 1, 9, 3, 3}) {
                float[] x = random(rows, rows, 3).toFloats();
                float[] y = y(executor, Map.of("x", TensorData.ofFloats(x, rows, 3)))
                        .toFloats();
                assertThat(y).hasSize(3 * rows);
                assertThat(y[3 * rows - 1]).isEqualTo(x[3 * rows - 1] * x[3 * rows - 1]);
            }
        }
    }

    @Test
    void shapesThatDependOnDataAreFollowed() {
        Model model = model("(float[4] x) => (int64[1,K] y)", "y = NonZero (x)");
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThat(y(executor, Map.of("x", TensorData.ofFloats(new float[] {1, 0, 2, 0}, 4)))
                            .toLongs())
                    .containsExactly(0, 2);
            assertThat(y(executor, Map.of("x", TensorData.ofFloats(new float[] {0, 3, 2, 1}, 4)))
                            .toLongs())
                    .containsExactly(1, 2, 3);
        }
    }

    @Test
    void viewsThatDependOnDataAreFollowed() {
        Model model = model("(float[6] x, int64[1] from, bool which) => (float[2] y, float[6] z)", """
                two = Constant <value = int64[1] {2}> ()
                to = Add (from, two)
                y = Slice (x, from, to)
                z = If (which) <
                    then_branch = t () => (float[6] a) { a = Identity (x) },
                    else_branch = e () => (float[6] b) { b = Neg (x) }>
                """);
        TensorData x = TensorData.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 6);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            for (int from : new int[] {0, 3, 1}) {
                boolean which = from == 3;
                Map<String, TensorData> outputs = executor.run(Map.of(
                        "x",
                        x,
                        "from",
                        TensorData.ofLongs(new long[] {from}, 1),
                        "which",
                        TensorData.ofIntegers(DataType.BOOL, new long[] {which ? 1 : 0})));
                assertThat(Objects.requireNonNull(outputs.get("y")).toFloats()).containsExactly(from + 1, from + 2);
                assertThat(Objects.requireNonNull(outputs.get("z")).toFloats()[0])
                        .isEqualTo(which ? 1 : -1);
            }
        }
    }

    @Test
    void randomNumbersAreDrawnAnew() {
        Model model = model("(float[8] x) => (float[8] y)", """
                noise = RandomNormal <shape = [8]> ()
                y = Add (x, noise)
                """);
        Map<String, TensorData> x = Map.of("x", random(1, 8));
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThat(y(executor, x)).isNotEqualTo(y(executor, x));
        }
    }

    @Test
    void programsTooLargeForAReplayRunStepByStep() {
        Model model = model("(float[1024] x) => (float[1024] y)", """
                a = Exp (x)
                b = Tanh (a)
                y = Abs (b)
                """);
        EngineOptions tight = OPTIONS.withLimits(13 << 10, Duration.ofSeconds(5)); // three values, a quarter of it none
        Map<String, TensorData> x = Map.of("x", random(1, 1024));
        try (Executor small = Executor.compile(model, tight);
                Executor free = Executor.compile(model, OPTIONS)) {
            for (int run = 0; run < 3; run++) {
                assertThat(y(small, x).toFloats()[5]).isCloseTo(y(free, x).toFloats()[5], within(1e-6f));
            }
        }
    }

    @Test
    void aFailureThatDependsOnDataIsToldEveryTime() {
        Model model = model("(float[3] x, int64[1] i) => (float[1] y)", "y = Gather (x, i)");
        TensorData x = random(1, 3);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            Map<String, TensorData> good = Map.of("x", x, "i", TensorData.ofLongs(new long[] {2}, 1));
            Map<String, TensorData> bad = Map.of("x", x, "i", TensorData.ofLongs(new long[] {3}, 1));
            assertThat(y(executor, good).floatAt(0)).isEqualTo(x.floatAt(2));
            assertThatThrownBy(() -> executor.run(bad)).isInstanceOf(InvalidInputException.class);
            assertThat(y(executor, good).floatAt(0)).isEqualTo(x.floatAt(2));
        }
    }
}
