package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlFlowTest {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 1);

    private static Map<String, TensorData> run(int opset, String text, Map<String, TensorData> inputs) {
        String header = "<ir_version: 8, opset_import: [\"\" : %d]>\n".formatted(opset);
        try (Executor executor = Executor.compile(OnnxText.parse(header + text), OPTIONS)) {
            assertThat(executor.fallbackOperators()).isEmpty();
            return executor.run(inputs);
        }
    }

    private static TensorData output(Map<String, TensorData> outputs, String name) {
        return Objects.requireNonNull(outputs.get(name));
    }

    private static TensorData longs(long... values) {
        return TensorData.ofLongs(values, values.length);
    }

    private static String loop(String declared) {
        return """
                g (int64 trips, float[2] x) => (float[2] last, float[n,2] all, int64[n] counts) {
                  last, all, counts = Loop <body = b (int64 i, bool go, float[2] s) => (bool more, float[2] t, %s) {
                    more = Identity (go)
                    t = Add (s, x)
                    u = Identity (t)
                    j = Identity (i)
                  }> (trips, "", x)
                }""".formatted(declared);
    }

    @Test
    void loopStacksWhatEachTripScans() {
        Map<String, TensorData> out = run(
                16,
                loop("float[2] u, int64 j"),
                Map.of("trips", TensorData.ofLongs(new long[] {3}), "x", TensorData.ofFloats(new float[] {1, 2}, 2)));
        assertThat(output(out, "last").toFloats()).containsExactly(4, 8);
        assertThat(output(out, "all").toFloats()).containsExactly(2, 4, 3, 6, 4, 8);
        assertThat(output(out, "counts").toLongs()).containsExactly(0, 1, 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"float[2] u, int64 j", "float[k] u, int64 j"})
    void loopWithoutTripsGivesEmptyOutputsOfTheRightTypeAndShape(String declared) {
        Map<String, TensorData> out = run(
                16,
                loop(declared),
                Map.of("trips", TensorData.ofLongs(new long[] {0}), "x", TensorData.ofFloats(new float[] {1, 2}, 2)));
        assertThat(output(out, "last").toFloats()).containsExactly(1, 2);
        assertThat(output(out, "all").dims()).containsExactly(0, 2);
        assertThat(output(out, "counts").dims()).containsExactly(0);
        assertThat(output(out, "counts").dataType()).isEqualTo(DataType.INT64);
    }

    @Test
    void scanReadsAndWritesAlongAnyAxisInEitherDirection() {
        String model = """
                g (float[2] start, float[2,3] x) => (float[2] last, float[2,n] sums) {
                  last, sums = Scan <num_scan_inputs = 1, scan_input_axes = [1], scan_input_directions = [1],
                                     scan_output_axes = [-1], scan_output_directions = [1],
                                     body = b (float[2] s, float[2] e) => (float[2] t, float[2] u) {
                    t = Add (s, e)
                    u = Identity (t)
                  }> (start, x)
                }""";
        Map<String, TensorData> out = run(
                11,
                model,
                Map.of(
                        "start", TensorData.ofFloats(new float[] {0, 100}, 2),
                        "x", TensorData.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3)));
        assertThat(output(out, "last").toFloats()).containsExactly(6, 115);
        assertThat(output(out, "sums").toFloats()).containsExactly(6, 5, 3, 115, 111, 106);
    }

    @Test
    void batchedScanStopsEachSequenceAtItsLength() {
        String model = """
                g (int64[2] lengths, float[2,1] start, float[2,3,1] x) => (float[2,1] last, float[2,3,1] sums) {
                  last, sums = Scan <num_scan_inputs = 1, directions = [1],
                                     body = b (float[1] s, float[1] e) => (float[1] t, float[1] u) {
                    t = Add (s, e)
                    u = Identity (t)
                  }> (lengths, start, x)
                }""";
        Map<String, TensorData> out = run(
                8,
                model,
                Map.of(
                        "lengths", longs(3, 2),
                        "start", TensorData.ofFloats(new float[] {0, 100}, 2, 1),
                        "x", TensorData.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3, 1)));
        assertThat(output(out, "last").toFloats()).containsExactly(6, 109);
        assertThat(output(out, "sums").toFloats()).containsExactly(3, 5, 6, 105, 109, 0);
    }
}
