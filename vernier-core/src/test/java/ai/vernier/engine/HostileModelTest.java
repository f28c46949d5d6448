package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.engine.ort.OrtHazards;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxText;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HostileModelTest {
    private static final EngineOptions OPTIONS =
            new EngineOptions(DeviceChoice.CPU, 1).withLimits(64L << 20, Duration.ofSeconds(2));

    private static Model model(String constants, String nodes) {
        return OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[1,2,4,4] x) => (float[A,B,C,D] y)
                <%s>
                { %s }
                """.formatted(constants, nodes));
    }

    private static Map<String, TensorData> run(Model model) {
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            return executor.run(Map.of("x", TensorData.ofFloats(new float[32], 1, 2, 4, 4)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "y = ConstantOfShape (huge)",
                "y = Expand (x, huge)",
                "y = Tile (x, huge)",
                "a = ConstantOfShape (wide) b = Transpose (a) y = MatMul (b, a)",
                "y = Resize (x, , , huge)",
                "y = Pad (x, pads)",
                "y = OneHot (wide, depth, onoff)",
                "y = Range (zero, depth, one)",
                "y = RandomNormal <shape = [1000000, 1000000]> ()",
                "a = Expand (x, big) b = Add (a, x) c = Mul (b, b) d = Sub (c, b) e = Mul (c, d) f = Mul (e, d) y = Concat <axis = 0> (b, c, d, e, f)"
            })
    void whatWouldFillTheMemoryIsRefusedByNode(String nodes) {
        Model hostile = model("""
                int64[4] huge = {1000000, 100000, 4, 4}, int64[2] wide = {1, 1000000}, int64 depth = {1000000000000},
                int64[8] pads = {0, 0, 0, 0, 1000000, 1000000, 0, 0}, float[2] onoff = {0, 1}, int64 zero = {0},
                int64 one = {1}, int64[4] big = {100000, 2, 4, 4}
                """, nodes);
        assertThatThrownBy(() -> run(hostile))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("memory limit")
                .hasMessageContaining("(opset 13)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "y = Conv (x, w3)",
                "y = Conv (x, w, b9)",
                "y = Conv <strides = [0, 1]> (x, w)",
                "y = Conv <dilations = [0, 1]> (x, w)",
                "y = Conv <pads = [-1, 0, 0, 0]> (x, w)",
                "y = Conv <pads = [1]> (x, w)",
                "y = Conv <group = 0> (x, w)",
                "y = Conv <group = 3> (x, w)",
                "y = Conv (x, wide)",
                "y = Conv <strides = [16, 16]> (x, wide)",
                "y = Conv (x, flat)",
                "y = MaxPool <kernel_shape = [0, 0]> (x)",
                "y = AveragePool <kernel_shape = [2, 2], strides = [0, 0]> (x)",
                "y = MatMul (x, flat)",
                "y = Gemm (flat, square)",
                "y = Gather <axis = 9> (x, far)",
                "y = Gather (x, far)",
                "y = GatherND (x, far)",
                "y = GatherElements (flat, far)",
                "y = Transpose <perm = [0, 0, 1, 2]> (x)",
                "y = Reshape (x, far)",
                "y = Concat <axis = 7> (x, x)",
                "y = Split <axis = 1> (x, far)",
                "y, z = Relu (x) q = Add (y, z)",
                "y = Div (far, none)",
                "y = Mod (far, none)",
                "y = DepthToSpace <blocksize = 0> (x)",
                "y = LSTM <hidden_size = 1000000> (x, w, w)",
                "y = Expand (one, below)",
                "o = Cast <to = 1> (one) e = Expand (o, below) y = Mul (x, e)"
            })
    void whatDoesNotFitTogetherIsRefusedByNode(String nodes) {
        Model hostile = model("""
                float[2,3,3,3] w3 = {%s}, float[2,2,1,1] w = {1, 2, 3, 4}, float[9] b9 = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                float[1,2,9,9] wide = {%s}, float[2,3] flat = {1, 2, 3, 4, 5, 6}, float[2,2] square = {1, 2, 3, 4},
                int64[1,2] far = {1000000, -1000000}, int64[1,2] none = {0, 0},
                int64 one = {1}, int64[3] below = {0, -2, 4}
                """.formatted("1, ".repeat(53) + "1", "1, ".repeat(161) + "1"), nodes);
        assertThatThrownBy(() -> run(hostile))
                .isInstanceOfAny(InvalidInputException.class, UnsupportedModelException.class)
                .hasMessageContaining("'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "y = Unsqueeze (x, axes)",
                "y = Squeeze (x, axes)",
                "y = Reshape (x, axes)",
                "y = Tile (x, axes)",
                "y = ReduceSum (x, axes)"
            })
    void listsOfAMillionAxesAreRefusedAtOnce(String nodes) {
        Model hostile = model(
                "int64[1] million = {1000000}", "axes = ConstantOfShape <value = int64[1] {0}> (million) " + nodes);
        assertThatThrownBy(() -> run(hostile))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("at most 128 elements");
    }

    /// Every constant alone is small enough to be computed before the first run; together they are not.
    @Test
    void whatConstantsMakeTogetherIsBounded() {
        StringBuilder nodes = new StringBuilder("a0 = ConstantOfShape (many) ");
        for (int i = 0; i < 200; i++) {
            nodes.append("a%d = Neg (a%d) ".formatted(i + 1, i));
        }
        nodes.append("m = ReduceMax <keepdims = 0> (a200) y = Add (x, m)");
        Model model = model("int64[1] many = {4000000}", nodes.toString());
        try (Executor _ = Executor.compile(model, OPTIONS)) {
            Runtime.getRuntime().gc();
            assertThat(Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory())
                    .isLessThan(1L << 30);
        }
    }

    /// Grams longer than the sequence, or of items further apart, are not looked for.
    @Test
    void gramsOfAnyLengthEndAtTheSequence() {
        Model model = model("int64[6] i = {1, 2, 3, 1, 2, 3}", """
                y = TfIdfVectorizer <max_gram_length = 9223372036854775807, min_gram_length = -9223372036854775808,
                    max_skip_count = 9223372036854775807, mode = "TF", ngram_counts = [0], ngram_indexes = [0],
                    pool_int64s = [2]> (i)
                """);
        assertThat(Objects.requireNonNull(run(model).get("y")).toFloats()).containsExactly(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "y, z = Scan <num_scan_inputs = 0, body = b (s, e) => (s2) { s2 = Relu (s) }> (x, x) | num_scan_inputs is 0",
                "y, z = Scan <num_scan_inputs = -1, body = b (s, e) => (s2) { s2 = Relu (s) }> (x, x) | num_scan_inputs is -1",
                "y, z = Scan <num_scan_inputs = 5, body = b (s, e) => (s2) { s2 = Relu (s) }> (x, x) | num_scan_inputs is 5",
                "y = Loop <body = b (i, c) => (c2) { c2 = Identity (c) }> (three, , x) | its body has 2 inputs and 1 outputs",
                "y = Loop <body = b (i, c, s) => () { }> (three, , x) | its body has 3 inputs and 0 outputs",
            })
    void bodiesThatDoNotFitAreRefusedInWords(String nodes, String reason) {
        Model hostile = model("int64 three = {3}", nodes);
        assertThatThrownBy(() -> run(hostile))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a = Conv <group = 2> (x, none) y = Mul (a, three)",
                "c = Constant <value = float[4,0,2,2] {}> () a = Conv <group = 2> (x, c) y = Mul (a, three)",
            })
    void whatEndsOnnxRuntimeIsNotGivenToIt(String nodes) {
        Model hostile = model("float[4,0,2,2] none = {}, float three = {3.0}", nodes);
        assertThatThrownBy(() -> OrtHazards.check(hostile))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("ends ONNX Runtime's whole process");
    }

    /// What only ONNX Runtime could run is bounded as well, before it sees it.
    @Test
    void theLimitsHoldForTheFallback() {
        Model hostile = model(
                "int64[6] six = {1, 1, 1, 2, 4, 4}",
                "a = Reshape (x, six) y = MaxPool <kernel_shape = [1, 1, 1, 1], pads = [0, 0, 0, 0, 0, 0, 0, 100000000]> (a)");
        try (Executor executor = Executor.compile(hostile, OPTIONS)) {
            assertThat(executor.fallbackOperators()).containsExactly("MaxPool");
        }
        assertThatThrownBy(() -> run(hostile))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("memory limit");
    }

    @Test
    void theSmallestIntegerDividedByMinusOneWrapsAround() {
        Model model = OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (int64[3] a, int64[3] b) => (int64[3] q, int64[3] m)
                { q = Div (a, b) m = Mod (a, b) }
                """);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            Map<String, TensorData> results = executor.run(Map.of(
                    "a", TensorData.ofLongs(new long[] {Long.MIN_VALUE, -7, 7}, 3),
                    "b", TensorData.ofLongs(new long[] {-1, -1, 2}, 3)));
            assertThat(longs(results, "q")).containsExactly(Long.MIN_VALUE, 7, 3);
            assertThat(longs(results, "m")).containsExactly(0, 0, 1);
        }
    }

    private static long[] longs(Map<String, TensorData> results, String name) {
        return Objects.requireNonNull(results.get(name)).toLongs();
    }

    private static Model endless() {
        return OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 16]>
                g (float[1,2,4,4] x) => (float[1,2,4,4] y)
                <int64 trips = {9223372036854775807}, bool go = {1}>
                { y = Loop (trips, go, x) <body = l (int64 i, bool k, float[1,2,4,4] s) => (bool k2, float[1,2,4,4] s2) {
                    k2 = Identity (k) s2 = Add (s, s) }> }
                """);
    }

    @Test
    void anEndlessLoopEndsAtTheTimeLimit() {
        assertThatThrownBy(() -> run(endless()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("time limit of 2.0 s");
    }

    @Test
    void anEndlessLoopEndsWhereTheThreadIsInterrupted() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> run(endless())).isInstanceOf(CancellationException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aLoopThatCollectsWithoutEndIsStoppedByTheMemoryLimit() {
        Model model = OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 16]>
                g (float[1,2,4,4] x) => (float[K,1,200,4,4] y)
                <int64 trips = {9223372036854775807}, bool go = {1}, int64[4] sizes = {100, 200, 4, 4}>
                { y = Loop (trips, go) <body = l (int64 i, bool k) => (bool k2, float[100,200,4,4] o) {
                    k2 = Identity (k) f = Cast <to = 1> (i) o = Expand (f, sizes) }> }
                """);
        assertThatThrownBy(() -> run(model))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("memory limit");
    }

    @ParameterizedTest
    @CsvSource({"3, -9223372036854775808, 1", "3, -1, 4", "0, -1, 1", "-1, -2, 2"})
    void slicesStepBackwardsWithoutWrappingAround(long start, long step, int expected) {
        Model model = model(
                "int64[1] from = {%d}, int64[1] to = {-9223372036854775808}, int64[1] axis = {3}, int64[1] by = {%d}"
                        .formatted(start, step),
                "y = Slice (x, from, to, axis, by)");
        assertThat(Objects.requireNonNull(run(model).get("y")).dim(3)).isEqualTo(expected);
    }

    @Test
    void aDeclaredTypeThatTheModelDoesNotComputeIsRefused() {
        Model model = OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[1,2,4,4] x) => (int32[1,2,4,4] y) { y = Relu (x) }
                """);
        assertThatThrownBy(() -> run(model))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("declared as int32");
    }

    @Test
    void aNodeThatFailsIsHarmlessWhereNobodyAsksForIt() {
        Model model = model("int64[2] far = {1000000, 7}", "dead = Reshape (far, far) y = Relu (x)");
        assertThat(run(model)).containsKey("y");
        assertThat(List.copyOf(run(model).keySet())).containsExactly("y");
    }
}
