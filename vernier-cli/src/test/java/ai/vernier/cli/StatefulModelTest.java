package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vernier.data.Npy;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Models with a state or a scalar beside their input, from the archive to the verification.
class StatefulModelTest {
    private static final int SAMPLES = 12;
    private static final int CLASSES = 5;
    private static final long SEED = 11;

    private final Random random = new Random(SEED);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void aStateAndAScalarAreFedSampleBySample() throws IOException {
        Path model = folder.resolve("cell.onnx");
        OnnxWriter.write(cell(), model);
        Path data = archive(
                "x", gaussian(1, SAMPLES, 6),
                "state", gaussian(1, SAMPLES, 2, 1, 6),
                "gain", gaussian(0.5, SAMPLES));

        JsonNode outputs = quantizeAndVerify(model, data);

        assertThat(outputs.size()).isEqualTo(2);
        Path labels = folder.resolve("labels.npy");
        Npy.write(labels, TensorData.ofLongs(new long[SAMPLES], SAMPLES));
        Invocation evaluated = Invocation.of(
                "evaluate", folder.resolve("int8"), "--data", data, "--labels", labels, "--metric", "top5", "--json");
        assertThat(evaluated.exitCode()).as(evaluated.err()).isZero();
        assertThat(evaluated.json().path("metrics").path("top5").asDouble()).isOne();
    }

    @Test
    void withoutLabelsEveryOutputIsComparedWithTheFloatModel() throws IOException {
        Path model = folder.resolve("cell.onnx");
        OnnxWriter.write(cell(), model);
        Path data = archive(
                "x", gaussian(1, SAMPLES, 6),
                "state", gaussian(1, SAMPLES, 2, 1, 6),
                "gain", gaussian(0.5, SAMPLES));
        quantizeAndVerify(model, data);

        JsonNode quantized = evaluated(folder.resolve("int8"), data, model);
        JsonNode itself = evaluated(model, data, model);

        assertThat(quantized.path("metrics").path("sqnr").asDouble()).isBetween(20.0, 60.0);
        assertThat(quantized.path("metrics").path("agreement").asDouble()).isGreaterThan(0.8);
        assertThat(quantized.path("outputs").path("stateN").path("sqnr").asDouble())
                .isBetween(20.0, 60.0);
        // No noise has no number in dB.
        assertThat(itself.path("metrics").has("sqnr")).isFalse();
        assertThat(itself.path("metrics").path("agreement").asDouble()).isOne();
        assertThat(itself.path("metrics").path("cosine").asDouble()).isCloseTo(1, within(1e-12));
    }

    private Path archive(String a, TensorData ofA, String b, TensorData ofB, String c, TensorData ofC)
            throws IOException {
        Path data = folder.resolve("data.npz");
        Npy.writeAll(data, Map.of(a, ofA, b, ofB, c, ofC));
        return data;
    }

    private static JsonNode evaluated(Path place, Path data, Path reference) {
        Invocation run = Invocation.of("evaluate", place, "--data", data, "--reference", reference, "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.json();
    }

    /// y[N,5] = (x[N,6] + gain) · w, stateN[2,1,6] = state[2,1,6] · gain.
    private Model cell() {
        Shape rows = Shape.of(1, 6).with(0, new Dimension.Symbolic("N"));
        Shape scores = Shape.of(1, CLASSES).with(0, new Dimension.Symbolic("N"));
        Shape state = Shape.of(2, 1, 6);
        Graph graph = new Graph(
                "cell",
                List.of(
                        Value.tensor("x", DataType.FLOAT, rows),
                        Value.tensor("state", DataType.FLOAT, state),
                        Value.tensor("gain", DataType.FLOAT, Shape.of())),
                List.of(Value.tensor("y", DataType.FLOAT, scores), Value.tensor("stateN", DataType.FLOAT, state)),
                List.of(
                        Node.of("shift", "Add", List.of("x", "gain"), List.of("shifted")),
                        Node.of("scores", "MatMul", List.of("shifted", "w"), List.of("y")),
                        Node.of("decay", "Mul", List.of("state", "gain"), List.of("stateN"))),
                Map.of("w", gaussian(0.3, 6, CLASSES)),
                List.of(),
                Details.NONE);
        return Model.of(graph, 13);
    }

    @Test
    void aVoiceDetectorWithStateAndSampleRateIsQuantized() throws IOException {
        Path model = Path.of(Objects.requireNonNull(System.getProperty("vernier.root")))
                .resolve("../shared/data/models/silero_vad_16k_op15.onnx");
        assumeTrue(Files.isRegularFile(model), model + " is absent: no real model with a state is tested");
        long[] rates = new long[SAMPLES];
        Arrays.fill(rates, 16_000);
        Path data = archive(
                "input", gaussian(0.1, SAMPLES, 576),
                "state", gaussian(0.2, SAMPLES, 2, 1, 128),
                "sr", TensorData.ofLongs(rates, SAMPLES));

        assertThat(quantizeAndVerify(model, data).size()).isEqualTo(2);
    }

    /// The verification's outputs; each agrees with ONNX Runtime.
    private JsonNode quantizeAndVerify(Path model, Path data) {
        Path out = folder.resolve("int8");
        Invocation quantized = Invocation.of("quantize", model, "--calibration", data, "--out", out, "--quiet");
        assertThat(quantized.exitCode()).as(quantized.err()).isZero();
        Invocation verified = Invocation.of("verify", out, "--data", data, "--json");
        assertThat(verified.exitCode()).as(verified.err()).isZero();
        JsonNode json = verified.json();
        assertThat(json.path("samples").asInt()).isEqualTo(SAMPLES);
        json.path("outputs")
                .forEach(output -> assertThat(output.path("sqnr").asDouble(Double.POSITIVE_INFINITY))
                        .isGreaterThan(30));
        return json.path("outputs");
    }

    private TensorData gaussian(double deviation, long... dims) {
        float[] values = new float[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return TensorData.ofFloats(values, dims);
    }
}
