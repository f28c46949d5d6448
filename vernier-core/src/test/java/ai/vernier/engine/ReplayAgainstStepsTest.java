package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Random graphs, run and run again: a replay gives what single steps give, and what ONNX Runtime gives.
///
/// More of them: `-Dvernier.replay.cases=20000 -Dvernier.replay.first=1000`, best under a malloc that checks itself.
class ReplayAgainstStepsTest {
    private static final int CASES = Integer.getInteger("vernier.replay.cases", 300);
    private static final int FIRST = Integer.getInteger("vernier.replay.first", 0);

    /// Of the magnitude that a value may have; ten functions of float, one after the other.
    private static final double TOLERANCE = 2e-5;

    @Test
    void runsAgreeWithEachOtherAndWithOnnxRuntime() {
        int judged = 0;
        for (int seed = FIRST; seed < FIRST + CASES; seed++) {
            RandomGraph graph = RandomGraph.of(seed);
            try {
                judged += agree(graph, seed) ? 1 : 0;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed %d: %s%n%s".formatted(seed, e.getMessage(), graph.text()), e);
            }
        }
        assertThat(judged).as("graphs that ONNX Runtime takes").isGreaterThan(CASES * 8 / 10);
    }

    /// @return whether ONNX Runtime took the model
    private static boolean agree(RandomGraph graph, long seed) {
        Model model = graph.model();
        Map<String, TensorData> one = graph.feeds(seed);
        Map<String, TensorData> other = graph.feeds(~seed);
        try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1 + (int) (seed % 2)))) {
            Map<String, TensorData> first = executor.run(one);
            Map<String, TensorData> second = executor.run(other);
            Map<String, TensorData> steps = executor.run(other, ValueHook.NOBODY);
            Map<String, TensorData> third = executor.run(one);
            assertThat(third).as("the first inputs once more").isEqualTo(first);
            compare(graph, steps, second, "step by step");
            return isJudged(graph, model, one, first) && isJudged(graph, model, other, second);
        }
    }

    private static boolean isJudged(
            RandomGraph graph, Model model, Map<String, TensorData> inputs, Map<String, TensorData> found) {
        try (OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
            compare(graph, judge.run(inputs), found, "ONNX Runtime");
            return true;
        } catch (UnsupportedModelException _) {
            return false;
        }
    }

    private static void compare(
            RandomGraph graph, Map<String, TensorData> expected, Map<String, TensorData> found, String judge) {
        for (RandomGraph.Value output : graph.outputs()) {
            TensorData wanted = Objects.requireNonNull(expected.get(output.name()));
            TensorData actual = Objects.requireNonNull(found.get(output.name()));
            assertThat(actual.dims()).as(output.name()).isEqualTo(wanted.dims());
            assertThat(actual.dims()).as(output.name() + " as drawn").isEqualTo(output.dims());
            if (output.type() != DataType.FLOAT) {
                assertThat(actual).as(output.name()).isEqualTo(wanted);
                continue;
            }
            double tolerance = TOLERANCE * Math.max(1, output.bound());
            for (int i = 0; i < wanted.elementCount(); i++) {
                double difference = Math.abs((double) wanted.floatAt(i) - actual.floatAt(i));
                assertThat(difference <= tolerance || wanted.floatAt(i) == actual.floatAt(i))
                        .as("%s[%d] is %s, %s says %s", output.name(), i, actual.floatAt(i), judge, wanted.floatAt(i))
                        .isTrue();
            }
        }
    }
}
