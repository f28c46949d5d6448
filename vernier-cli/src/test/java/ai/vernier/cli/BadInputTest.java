package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.data.Npy;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.ExternalData;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever is wrong with the user's input: exit code 2, a message that says where, and nothing half-written.
class BadInputTest {
    private static final Path EXAMPLE =
            Path.of(Objects.requireNonNull(System.getProperty("vernier.root")), "examples/digits");
    private static final Path MODEL = EXAMPLE.resolve("digits.onnx");
    private static final Path CALIBRATION = EXAMPLE.resolve("calibration.npy");

    @TempDir
    private Path inputs = Path.of("");

    @TempDir
    private Path results = Path.of("");

    @Test
    void aTruncatedModelIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(MODEL);
        Path truncated = Files.write(inputs.resolve("truncated.onnx"), Arrays.copyOf(whole, whole.length / 2));

        assertRefused("truncated.onnx", "quantize", truncated, "--calibration", CALIBRATION);
    }

    @Test
    void aFileThatIsNoModelIsRefused() throws IOException {
        Path text = Files.writeString(inputs.resolve("model.onnx"), "not a model at all");

        assertRefused("model.onnx", "quantize", text, "--calibration", CALIBRATION);
    }

    @Test
    void weightsOutsideTheModelsFolderAreRefused() throws IOException {
        Path model = inputs.resolve("m.onnx");
        OnnxWriter.write(OnnxReader.read(MODEL), model, new ExternalData.Beside(256));
        Files.move(inputs.resolve("m.onnx.data"), inputs.resolveSibling("nnx.data"));
        String text = Files.readString(model, StandardCharsets.ISO_8859_1).replace("m.onnx.data", "../nnx.data");
        Files.writeString(model, text, StandardCharsets.ISO_8859_1);

        assertRefused("../nnx.data", "quantize", model, "--calibration", CALIBRATION);
        Files.delete(inputs.resolveSibling("nnx.data"));
    }

    @Test
    void wrongShapesAreRefused() throws IOException {
        Path file = npy("wide.npy", TensorData.ofFloats(new float[2 * 3 * 20 * 20], 2, 3, 20, 20));

        assertRefused("wide.npy", "quantize", MODEL, "--calibration", file);
    }

    @Test
    void missingDataIsRefused() {
        assertRefused("nowhere.npy", "quantize", MODEL, "--calibration", inputs.resolve("nowhere.npy"));
        assertRefused("--calibration is missing", "quantize", MODEL);
    }

    @Test
    void shortDataIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(CALIBRATION);
        Path cut = Files.write(inputs.resolve("cut.npy"), Arrays.copyOf(whole, whole.length - 1000));

        assertRefused("cut.npy", "quantize", MODEL, "--calibration", cut);
        assertRefused("--samples", "quantize", MODEL, "--calibration", CALIBRATION, "--samples", 100_000);
    }

    @Test
    void dataThatIsNoNumberIsRefused() throws IOException {
        float[] values = new float[4 * 20 * 20];
        values[3 * 20 * 20 + 7] = Float.NaN;
        Path file = npy("nan.npy", TensorData.ofFloats(values, 4, 1, 20, 20));

        Invocation run = assertRefused("nan.npy", "quantize", MODEL, "--calibration", file);
        assertThat(run.err()).contains("NaN").contains("3");
    }

    @Test
    void namesThatNothingHasAreRefusedAllAtOnce() {
        Invocation run = assertRefused(
                "no_such_tensor",
                "quantize",
                MODEL,
                "--calibration",
                CALIBRATION,
                "--exclude",
                "no_such_tensor",
                "--include",
                "nor_this");
        assertThat(run.err()).contains("nor_this");
    }

    @Test
    void aBrokenRecipeIsRefused() throws IOException {
        Path recipe = Files.writeString(inputs.resolve("r.yaml"), "weight-bits: 99\nunknown-key: 1\n");

        Invocation run =
                assertRefused("weight-bits", "quantize", MODEL, "--calibration", CALIBRATION, "--recipe", recipe);
        assertThat(run.err()).contains("unknown-key");
    }

    @Test
    void anUnwritableFolderIsRefusedBeforeAnyWork() throws IOException {
        Path file = Files.writeString(inputs.resolve("file"), "");

        Invocation run = Invocation.of("quantize", MODEL, "--calibration", CALIBRATION, "--out", file.resolve("out"));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--out").doesNotContain("/s");
    }

    @Test
    void independentProblemsAreListedTogether() throws IOException {
        Path file = Files.writeString(inputs.resolve("file"), "");

        Invocation run = Invocation.of(
                "quantize",
                inputs.resolve("missing.onnx"),
                "--weight-bits",
                40,
                "--metric",
                "bleu",
                "--out",
                file.resolve("out"),
                "--labels",
                inputs.resolve("missing.npy"),
                "--json");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.json().path("error").path("problems").size()).isGreaterThanOrEqualTo(6);
    }

    @Test
    void aProblemOfTheFlagsHidesNoneOfTheData() {
        Invocation run = Invocation.of(
                "quantize",
                MODEL,
                "--calibration",
                inputs.resolve("missing.npy"),
                "--method",
                "guess",
                "--weight-bits",
                33,
                "--out",
                inputs.resolve("out"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--weight-bits").contains("--method").contains("missing.npy");
    }

    @Test
    void namesThatNothingHasAreToldBesideOtherProblems() {
        Invocation run = assertRefused(
                "no_such_tensor",
                "quantize",
                MODEL,
                "--calibration",
                inputs.resolve("missing.npy"),
                "--exclude",
                "no_such_tensor",
                "--samples",
                0);

        assertThat(run.err()).contains("missing.npy", "--samples");
    }

    @Test
    void labelsThatDoNotFitAreRefused() throws IOException {
        Path labels = npy("labels.npy", TensorData.ofLongs(new long[] {1, 2, 3}, 3));

        Invocation run =
                Invocation.of("evaluate", MODEL, "--data", EXAMPLE.resolve("evaluation.npy"), "--labels", labels);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("labels.npy");
        // Found before any work: no progress is reported.
        Invocation quantize = assertRefused(
                "labels.npy",
                "quantize",
                MODEL,
                "--calibration",
                CALIBRATION,
                "--evaluation",
                EXAMPLE.resolve("evaluation.npy"),
                "--labels",
                labels);
        assertThat(quantize.err()).doesNotContain("Calibrate");
    }

    @Test
    void anEvaluationNeedsSomethingToJudgeBy() throws IOException {
        Path data = EXAMPLE.resolve("evaluation.npy");
        Path labels = EXAMPLE.resolve("labels.npy");
        Path other = inputs.resolve("other.onnx");
        OnnxWriter.write(OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[N,1,20,20] image) => (float[N,1,20,20] z) { z = Relu (image) }
                """), other);

        Invocation nothing = Invocation.of("evaluate", MODEL, "--data", data);
        Invocation unlabelled =
                Invocation.of("evaluate", MODEL, "--data", data, "--reference", MODEL, "--metric", "top1,bleu");
        Invocation alone = Invocation.of("evaluate", MODEL, "--data", data, "--labels", labels, "--metric", "sqnr");
        Invocation foreign = Invocation.of("evaluate", MODEL, "--data", data, "--reference", other);

        assertThat(nothing.err()).contains("--labels", "--reference");
        assertThat(unlabelled.err()).contains("needs --labels", "'bleu'");
        assertThat(alone.err()).contains("needs --reference");
        assertThat(foreign.err()).contains("has the outputs [z]");
        assertThat(Stream.of(nothing, unlabelled, alone, foreign)).allMatch(run -> run.exitCode() == 2);
    }

    @Test
    void inputsThatDoNotFitAreRefused() throws IOException {
        Path flat = npy("flat.npy", TensorData.ofIntegers(DataType.INT32, new long[] {1, 2}, 2));
        Path out = results.resolve("out");

        Invocation run = Invocation.of("run", MODEL, "--input", flat, "--out", out);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("flat.npy");
        assertThat(results).isEmptyDirectory();
    }

    @Test
    void aFolderWithoutAQuantizedModelIsRefused() {
        Invocation run = Invocation.of("verify", inputs, "--data", CALIBRATION);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("model.onnx");
    }

    private Path npy(String name, TensorData tensor) throws IOException {
        Path file = inputs.resolve(name);
        Npy.write(file, tensor);
        return file;
    }

    private Invocation assertRefused(String place, Object... args) {
        Path out = results.resolve("out");
        Object[] all =
                Stream.concat(Arrays.stream(args), Stream.of("--out", out)).toArray();
        Invocation run = Invocation.of(all);
        assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).contains(place).doesNotContain("Exception", "\tat ");
        assertThat(run.out()).isEmpty();
        assertThat(results).isEmptyDirectory();
        return run;
    }
}
