package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.data.Npy;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `--memory` and `--time-limit` on every command that runs a model.
class LimitsTest {
    private static final Path EXAMPLE =
            Path.of(Objects.requireNonNull(System.getProperty("vernier.root")), "examples/digits");
    private static final Path MODEL = EXAMPLE.resolve("digits.onnx");

    @TempDir
    private static Path shared = Path.of("");

    private static Path quantized = Path.of("");

    @BeforeAll
    static void quantize() {
        quantized = shared.resolve("int8");
        Invocation run = Invocation.of("quantize", EXAMPLE, "--out", quantized, "--quiet");
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    /// The commands on the bundled network, without limits.
    static Stream<List<Object>> commands() {
        Path evaluation = EXAMPLE.resolve("evaluation.npy");
        Path labels = EXAMPLE.resolve("labels.npy");
        Path out = shared.resolve("out");
        return Stream.of(
                List.of("run", MODEL, "--input", evaluation, "--out", out),
                List.of("evaluate", MODEL, "--data", evaluation, "--labels", labels, "--quiet"),
                List.of("quantize", EXAMPLE, "--out", out, "--quiet"),
                List.of("verify", quantized, "--data", evaluation, "--quiet"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aModelThatWantsMoreMemoryIsRefused(List<Object> command) {
        Invocation run = limited(command, "--memory", "10kB");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("memory limit of 10000 bytes");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void amongEnoughMemoryAndTimeItRuns(List<Object> command) {
        Invocation run = limited(command, "--memory", "1GB", "--time-limit", "5min");

        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void limitsThatAreNoneAreToldTogether(List<Object> command) {
        Invocation run = limited(command, "--memory", "much", "--time-limit", "30", "--threads", "-1");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .contains("--memory: found 'much'", "--time-limit: found '30'", "--threads: found -1", "3 problems");
    }

    /// A loop of a billion iterations.
    @Test
    void aModelThatRunsOnAndOnIsStopped() throws IOException {
        Path model = shared.resolve("endless.onnx");
        OnnxWriter.write(OnnxText.parse("""
                        <ir_version: 8, opset_import: ["" : 13]>
                        g (float[1] x) => (float[1] y)
                        <bool go = {1}, int64 trips = {1000000000}>
                        {
                          y = Loop <body = one (int64 i, bool c, float[1] s) => (bool d, float[1] t) {
                            d = Identity (c)
                            t = Sin (s)
                          }> (trips, go, x)
                        }
                        """), model);
        Path x = shared.resolve("x.npy");
        Npy.write(x, TensorData.ofFloats(new float[] {1}, 1));

        Invocation run =
                Invocation.of("run", model, "--input", x, "--out", shared.resolve("out"), "--time-limit", "300ms");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("time limit of 0.3 s");
    }

    @Test
    void onnxRuntimeKeepsNoLimits() {
        Invocation run = Invocation.of(
                "evaluate",
                MODEL,
                "--data",
                EXAMPLE.resolve("evaluation.npy"),
                "--labels",
                EXAMPLE.resolve("labels.npy"),
                "--runtime",
                "ort",
                "--memory",
                "1GB");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--memory", "ONNX Runtime keeps none");
    }

    private static Invocation limited(List<Object> command, Object... limits) {
        return Invocation.of(Stream.concat(command.stream(), Stream.of(limits)).toArray());
    }
}
