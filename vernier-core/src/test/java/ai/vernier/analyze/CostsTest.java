package ai.vernier.analyze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.engine.Runner;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxText;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Multiply-accumulates, memory and who runs what, on models small enough to count by hand.
class CostsTest {
    private static final Model IMAGE = OnnxText.parse("""
            <ir_version: 8, opset_import: ["" : 13]>
            g (float[N,2,height,?] x) => (float[N,3,A,B] y)
            <float[3,2,1,1] w = {1, 2, 3, 4, 5, 6}>
            {
              a = Conv (x, w)
              y = Relu (a)
            }
            """);

    @Test
    void openDimensionsAreSaidToBeOpen() {
        ModelSummary summary = ModelSummary.of(IMAGE);

        assertThat(summary.dimensions().assumed()).containsExactly(Map.entry("N", 1L));
        assertThat(summary.dimensions().open()).containsExactly("height", "x:3");
        assertThat(summary.multiplyAccumulates().unknown()).containsExactly("Conv 'a'");
        assertThat(summary.activations().unknown()).containsExactly("x", "a", "y");
    }

    @Test
    void costsFollowTheDimensionsThatAreGiven() {
        ModelSummary summary = ModelSummary.of(IMAGE, Map.of("height", 10L, "x:3", 5L, "x:0", 4L));

        assertThat(summary.dimensions().given()).containsEntry("N", 4L);
        assertThat(summary.dimensions().assumed()).isEmpty();
        assertThat(summary.dimensions().open()).isEmpty();
        assertThat(summary.multiplyAccumulates().total()).isEqualTo(4 * 3 * 10 * 5 * 2);
        assertThat(summary.multiplyAccumulates().byOperator()).containsExactly(Map.entry("Conv", 1200L));
        // While Relu runs, a and y are alive, 3 channels each; while Conv runs, x and a, 2 and 3 channels.
        assertThat(summary.activations())
                .isEqualTo(new ActivationMemory(4 * 50 * (3 + 3) * 4, "Relu 'y'", 2, List.of()));
    }

    @Test
    void dimensionsThatNoInputLeavesOpenAreRefusedTogether() {
        assertThatThrownBy(() -> ModelSummary.of(IMAGE, Map.of("depth", 3L, "x:1", 3L, "x:7", 1L)))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.problems())
                                .hasSize(3)
                                .anySatisfy(
                                        problem -> assertThat(problem).contains("'depth'", "open are N, height, x:3"))
                                .anySatisfy(problem -> assertThat(problem).contains("'x:1'", "is fixed"))
                                .anySatisfy(problem -> assertThat(problem).contains("'x:7'")));
    }

    @Test
    void aDimensionIsNotTakenForTwoExtents() {
        assertThatThrownBy(() -> ModelSummary.of(IMAGE, Map.of("N", 3L, "x:0", 4L)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("'N'");
    }

    /// x 400 bytes; a and b 800 each, of which b lives to the end; the reshape of a is a itself.
    @Test
    void memoryIsFreedAfterTheLastUse() {
        ActivationMemory memory = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[100] x) => (float[200] b, float[1] d)
                <int64[2] shape = {2, 100}, float[2] w = {1, 2}>
                {
                  a = Concat <axis = 0> (x, x)
                  r = Reshape (a, shape)
                  c = Add (w, w)
                  b = Neg (a)
                  d = ReduceSum <keepdims = 1> (x)
                }
                """)).activations();

        assertThat(memory).isEqualTo(new ActivationMemory(400 + 800 + 800, "Neg 'b'", 4, List.of()));
    }

    @Test
    void elementTypesHaveTheirSizes() {
        ActivationMemory memory = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (uint8[1000] x) => (bool[1000] y)
                <uint8 zero = {0}>
                {
                  h = Cast <to = 10> (x)
                  y = Equal (x, zero)
                }
                """)).activations();

        assertThat(memory.peakBytes()).isEqualTo(1000 + 2000);
    }

    private static final String BRANCHES = """
            <ir_version: 8, opset_import: ["" : 13]>
            g (%s float[4,4] x) => (float[A,B] y)
            <float[4,8] w = {%s}, bool yes = {1}>
            {
              y = If <then_branch = then_graph () => (float[A,B] t) { t = MatMul (x, x) },
                      else_branch = else_graph () => (float[A,B] e) { e = MatMul (x, w) }> (%s)
            }
            """;

    @Test
    void ofTwoBranchesTheCostlierCounts() {
        ModelSummary summary =
                ModelSummary.of(OnnxText.parse(BRANCHES.formatted("bool c,", "0, ".repeat(31) + "0", "c")));

        assertThat(summary.multiplyAccumulates().byNode()).containsExactly(Map.entry("MatMul 'e'", 4L * 8 * 4));
        assertThat(summary.subGraphs()).isEqualTo(2);
    }

    @Test
    void aKnownConditionChoosesTheBranch() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse(BRANCHES.formatted("", "0, ".repeat(31) + "0", "yes")));

        assertThat(summary.multiplyAccumulates().byNode()).containsExactly(Map.entry("MatMul 't'", 4L * 4 * 4));
    }

    private static final String LOOP = """
            <ir_version: 8, opset_import: ["" : 13]>
            g (%s float[1,4] x, float[4,4] m) => (float[A,B] y)
            <bool go = {1}%s>
            {
              y = Loop <body = one (int64 i, bool c, float[A,B] s) => (bool d, float[A,B] t) {
                d = Identity (c)
                t = MatMul (s, m)
              }> (trips, go, x)
            }
            """;

    @Test
    void aLoopCostsItsBodyOncePerIteration() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse(LOOP.formatted("", ", int64 trips = {7}")));

        assertThat(summary.multiplyAccumulates().byNode()).containsExactly(Map.entry("MatMul 't'", 7L * 16));
    }

    @Test
    void aLoopOfUnknownLengthIsSaidToBeUnknown() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse(LOOP.formatted("int64 trips,", "")));

        assertThat(summary.multiplyAccumulates().total()).isZero();
        assertThat(summary.multiplyAccumulates().unknown()).containsExactly("Loop 'y'");
    }

    /// The state doubles with every iteration, so nothing is known of its extent.
    @Test
    void aStateThatGrowsHasNoExtent() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[1,4] x, float[4,4] m) => (float[A,B] y)
                <bool go = {1}, int64 trips = {3}>
                {
                  s = Loop <body = one (int64 i, bool c, float[A,B] s) => (bool d, float[A,B] t) {
                    d = Identity (c)
                    t = Concat <axis = 0> (s, s)
                  }> (trips, go, x)
                  y = MatMul (s, m)
                }
                """));

        assertThat(summary.multiplyAccumulates().unknown()).containsExactly("MatMul 'y'");
    }

    @Test
    void aScanCostsItsBodyOncePerSlice() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[1,4] x, float[9,1,4] steps, float[4,4] m) => (float[A,B] y, float[C,D,E] all)
                {
                  y, all = Scan <num_scan_inputs = 1, body = one (float[A,B] s, float[A,B] u) => (float[A,B] t, float[A,B] o) {
                    v = Add (s, u)
                    t = MatMul (v, m)
                    o = Identity (t)
                  }> (x, steps)
                }
                """));

        assertThat(summary.multiplyAccumulates().byNode()).containsExactly(Map.entry("MatMul 't'", 9L * 16));
        assertThat(summary.activations().unknown()).isEmpty();
    }

    @Test
    void functionsCountWhereTheyAreCalled() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 17, "my" : 1]>
                g (float[2,4] x, float[4,4] m) => (float[A,B] y)
                {
                  a = my.twice (x, m)
                  y = my.twice (a, m)
                }
                <domain: "my", opset_import: ["" : 17]>
                twice (x, m) => (y)
                {
                  a = MatMul (x, m)
                  y = MatMul (a, m)
                }
                """));

        assertThat(summary.functions()).containsExactly(new FunctionUse("my.twice", 2));
        assertThat(summary.operators()).containsExactly(Map.entry("MatMul", 4));
        assertThat(summary.multiplyAccumulates().total()).isEqualTo(4 * 2 * 4 * 4);
    }

    @Test
    void itIsKnownWhoRunsWhat() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13, "ai.onnx.ml" : 1, "nobody" : 1]>
                g (float[2] x) => (float[A] y)
                {
                  a = Relu (x)
                  b = ai.onnx.ml.Binarizer <threshold = 0.5> (a)
                  c = nobody.Knows (b)
                  d = Cast <to = 8> (a)
                  e = SequenceConstruct (a)
                  f = Swish (a)
                  y = Identity (c)
                }
                """));

        assertThat(summary.uses(Runner.NATIVE))
                .extracting(OperatorUse::operator)
                .containsExactly("Identity", "Relu");
        assertThat(summary.uses(Runner.FALLBACK))
                .extracting(OperatorUse::operator)
                .containsExactly("ai.onnx.ml.Binarizer");
        // Strings, sequences, a foreign domain; and Swish is younger than opset 13.
        assertThat(summary.uses(Runner.UNSUPPORTED))
                .extracting(OperatorUse::operator)
                .containsExactly("Cast", "SequenceConstruct", "Swish", "nobody.Knows");
    }

    @Test
    void weightsAreListedByType() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[N,2] x) => (float[N,2] y)
                <int8[2,2] w = {1, 2, 3, 4}, float s = {0.5}>
                {
                  f = DequantizeLinear (w, s)
                  y = MatMul (x, f)
                }
                """));

        assertThat(summary.weightBytes()).isEqualTo(Map.of(DataType.INT8, 4L, DataType.FLOAT, 4L));
        assertThat(summary.parameters()).isEqualTo(5);
        assertThat(summary.multiplyAccumulates().total()).isEqualTo(4);
    }

    /// An average over windows that are rounded up, the last of which would start behind the image.
    @Test
    void windowsThatStartBehindTheImageDoNotCount() {
        ActivationMemory memory = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[1,1,2,2] x) => (float[A,B,C,D] y)
                {
                  y = MaxPool <kernel_shape = [1, 1], strides = [2, 2], ceil_mode = 1> (x)
                }
                """)).activations();

        assertThat(memory.peakBytes()).isEqualTo(4 * 4 + 4);
    }

    /// Extents beyond what there is would be lists of two thousand million numbers.
    @Test
    void absurdAxesAndPartsAreNotFollowed() {
        ModelSummary summary = ModelSummary.of(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[1,4] x) => (float[a] y, int64[2147483647] p, int64[b] q) <int64[4] n = {1, 2, 3, 4}>
                {
                  f = Flatten <axis = 2147483647> (x)
                  y = Relu (f)
                  p, q = Split (n)
                }
                """));
        assertThat(summary.multiplyAccumulates().byNode()).isEmpty();
    }
}
