package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.data.Npy;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every command on the bundled example, as a user calls it.
class DigitsExampleTest {
    private static final Path EXAMPLE =
            Path.of(Objects.requireNonNull(System.getProperty("vernier.root")), "examples/digits");
    private static final Path MODEL = EXAMPLE.resolve("digits.onnx");
    private static final Path EVALUATION = EXAMPLE.resolve("evaluation.npy");
    private static final Path LABELS = EXAMPLE.resolve("labels.npy");

    @TempDir
    private static Path shared = Path.of("");

    private static Path quantized = Path.of("");

    @TempDir
    private Path temporary = Path.of("");

    @BeforeAll
    static void quantize() {
        quantized = shared.resolve("digits-int8");
        Invocation run = Invocation.of("quantize", EXAMPLE, "--out", quantized, "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode accuracy = run.json().path("summary").path("accuracy");
        assertThat(accuracy.path("original").path("top1").asDouble()).isGreaterThan(0.9);
        assertThat(accuracy.path("quantized").path("top1").asDouble()).isGreaterThan(0.9);
    }

    @Test
    void quantizeWritesItsFourFilesAndNothingElse() throws IOException {
        try (var files = Files.list(quantized)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("model.onnx", "model.encodings", "recipe.yaml", "summary.json");
        }
        assertThat(quantized.resolve("model.onnx").toFile().length())
                .isLessThan(MODEL.toFile().length() / 2);
        assertThat(JsonMapper.shared()
                        .readTree(quantized.resolve("summary.json").toFile())
                        .isObject())
                .isTrue();
    }

    @Test
    void theSameCommandWritesTheSameBytes() {
        Path again = temporary.resolve("again");
        Invocation run = Invocation.of(
                "quantize",
                MODEL,
                "--calibration",
                EXAMPLE.resolve("calibration.npy"),
                "--recipe",
                quantized.resolve("recipe.yaml"),
                "--out",
                again,
                "--quiet");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(again.resolve("model.onnx")).hasSameBinaryContentAs(quantized.resolve("model.onnx"));
        assertThat(again.resolve("model.encodings")).hasSameBinaryContentAs(quantized.resolve("model.encodings"));
        assertThat(again.resolve("recipe.yaml")).hasSameBinaryContentAs(quantized.resolve("recipe.yaml"));
    }

    @Test
    void anyNumberOfThreadsWritesTheSameBytes() {
        Path one = quantizedWith(1);
        Path two = quantizedWith(2);

        for (String file : List.of("model.onnx", "model.encodings", "recipe.yaml")) {
            assertThat(two.resolve(file)).hasSameBinaryContentAs(one.resolve(file));
        }
    }

    private Path quantizedWith(int threads) {
        Path out = temporary.resolve("threads-" + threads);
        Path calibration = EXAMPLE.resolve("calibration.npy");
        Invocation run = Invocation.of(
                "quantize", MODEL, "--calibration", calibration, "--threads", threads, "--out", out, "--quiet");
        assertThat(run.exitCode()).as(run.err()).isZero();
        return out;
    }

    @Test
    void theReportNamesAccuracySizeAndFiles() {
        Path out = temporary.resolve("out");
        Invocation run = Invocation.of("quantize", EXAMPLE, "--out", out);

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("top1", "model.onnx", out.toString());
        assertThat(run.err()).contains("/s");
    }

    @Test
    void simulationAndOnnxRuntimeScoreAlike() {
        double simulated = top1(quantized);
        double exported = top1(quantized, "--runtime", "ort");

        assertThat(simulated).isGreaterThan(0.9);
        assertThat(exported).isBetween(simulated - 0.01, simulated + 0.01);
        // Float round-off may decide an image or two differently.
        assertThat(top1(MODEL)).isCloseTo(top1(MODEL, "--runtime", "ort"), within(0.005));
    }

    private static double top1(Path model, Object... more) {
        Object[] args = {"evaluate", model, "--data", EVALUATION, "--labels", LABELS, "--json"};
        Object[] all = Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        Invocation run = Invocation.of(all);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.json().path("metrics").path("top1").asDouble();
    }

    @Test
    void verifyFindsExportAndSimulationInAgreement() {
        Invocation run = Invocation.of("verify", quantized, "--data", EVALUATION, "--json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode logits = run.json().path("outputs").path("logits");
        assertThat(logits.path("agreement").asDouble()).isGreaterThanOrEqualTo(0.995);
        assertThat(logits.path("sqnr").asDouble(Double.POSITIVE_INFINITY)).isGreaterThan(30);
    }

    @Test
    void runWritesOneFilePerOutput() {
        Path out = temporary.resolve("results");
        Invocation run = Invocation.of("run", MODEL, "--input", EVALUATION, "--out", out, "--json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json().path("outputs").path(0).path("name").asString()).isEqualTo("logits");
        TensorData logits = Npy.read(out.resolve("logits.npy"));
        assertThat(logits.dims()).containsExactly(Npy.read(EVALUATION).dim(0), 10);
    }

    @Test
    void inspectPrintsWhatThePassesDid() {
        Invocation text = Invocation.of("inspect", MODEL, "--passes");
        JsonNode json = Invocation.of("inspect", MODEL, "--passes", "--json").json();

        assertThat(text.out()).contains(" rewrites applied, ").contains("FoldBatchNorm", ": folded into Conv ");
        assertThat(json.path("passes").findValuesAsString("pass")).contains("FoldBatchNorm");
        assertThat(Invocation.of("inspect", MODEL, "--passes", "--skip-pass", "FoldBatchNorm")
                        .out())
                .doesNotContain("FoldBatchNorm");
    }

    @Test
    void inspectPrintsThePlanWithItsRules() {
        Invocation text = Invocation.of("inspect", MODEL, "--plan");
        JsonNode json = Invocation.of("inspect", MODEL, "--plan", "--json").json();

        assertThat(text.exitCode()).as(text.err()).isZero();
        assertThat(text.out()).contains("Conv", "parameters", "multiply-accumulates", "uint8");
        assertThat(json.path("operators").path("Conv").asInt()).isPositive();
        assertThat(json.path("plan").isEmpty()).isFalse();
        json.path("plan").forEach(row -> assertThat(row.path("rule").asString()).isNotBlank());
    }

    @Test
    void doctorFindsThisMachineFit() {
        Invocation run = Invocation.of("doctor", "--json");

        assertThat(run.exitCode()).as(run.out()).isZero();
        assertThat(run.json().path("healthy").asBoolean()).isTrue();
        assertThat(run.json().path("checks").size()).isGreaterThanOrEqualTo(6);
    }
}
