package ai.vernier.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.data.Batch;
import ai.vernier.data.Difference;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.recipe.Recipe;
import ai.vernier.recipe.Setting;
import ai.vernier.simulate.Simulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizationTest {
    private static final EngineOptions ENGINE = new EngineOptions(DeviceChoice.CPU, 1);
    private static final int CHANNELS = 6;
    private static final long SEED = 20;

    private final Random random = new Random(SEED);
    private final Model model = network();
    private final SampleSource samples = SampleSource.of(Map.of("x", randomTensor(1, 24, 3, 8, 8)));

    @TempDir
    Path folder;

    /// x[N,3,8,8] → Conv → Relu → Conv → y[N,6,8,8].
    private Model network() {
        Node first = Node.of("first", "Conv", List.of("x", "w1", "b1"), List.of("c1"))
                .withAttribute("pads", Attribute.ofInts(1, 1, 1, 1));
        Node relu = Node.of("relu", "Relu", List.of("c1"), List.of("r1"));
        Node second = Node.of("second", "Conv", List.of("r1", "w2", "b2"), List.of("y"))
                .withAttribute("pads", Attribute.ofInts(1, 1, 1, 1));
        Map<String, TensorData> weights = Map.of(
                "w1", randomTensor(0.3, CHANNELS, 3, 3, 3),
                "b1", randomTensor(0.1, CHANNELS),
                "w2", randomTensor(0.2, CHANNELS, CHANNELS, 3, 3),
                "b2", randomTensor(0.1, CHANNELS));
        Shape input = Shape.of(1, 3, 8, 8).with(0, new Dimension.Symbolic("N"));
        Shape output = Shape.of(1, CHANNELS, 8, 8).with(0, new Dimension.Symbolic("N"));
        Graph graph = new Graph(
                "network",
                List.of(Value.tensor("x", DataType.FLOAT, input)),
                List.of(Value.tensor("y", DataType.FLOAT, output)),
                List.of(first, relu, second),
                weights,
                List.of(),
                Details.NONE);
        return Model.of(graph, 13);
    }

    private TensorData randomTensor(double deviation, long... dims) {
        float[] values = new float[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return TensorData.ofFloats(values, dims);
    }

    private Quantization quantize(Recipe recipe) {
        return Quantization.of(model, recipe, new Quantization.Calibration(samples, ENGINE, ProgressListener.SILENT));
    }

    private static Recipe recipe(boolean biasCorrection) {
        return Recipe.parse("test", "vernier-recipe: 1").withBiasCorrection(biasCorrection);
    }

    @Test
    void keepsTheOutputOfASmallNetwork() {
        Quantization quantization = quantize(recipe(true));
        try (Executor original = Executor.compile(model, ENGINE);
                Simulator simulator = Simulator.compile(quantization.quantized(), ENGINE)) {
            Map<String, TensorData> fresh = Map.of("x", randomTensor(1, 4, 3, 8, 8));
            double sqnr = Difference.of(output(original::run, fresh), output(simulator::run, fresh))
                    .sqnr();
            // 8-bit activations alone leave about 40 dB; a wrong grid or a lost bias leaves less than 20.
            assertThat(sqnr).isBetween(30.0, 60.0);
        }
    }

    private static TensorData output(Forward model, Map<String, TensorData> inputs) {
        return model.run(inputs).values().iterator().next();
    }

    @Test
    void biasCorrectionRestoresTheMeanOfEveryChannel() {
        Recipe coarse = recipe(false).with(new Setting.WeightBits(3));
        double before = worstMeanError(quantize(coarse));
        double after = worstMeanError(quantize(coarse.withBiasCorrection(true)));
        // 3-bit weights shift the means visibly; what is left is the rounding of bias and output to their grids.
        assertThat(before).isGreaterThan(0.02);
        assertThat(after).isLessThan(before / 3);
    }

    @Test
    void biasCorrectionRestoresMeansSampleBySample() {
        Recipe coarse = recipe(false).with(new Setting.WeightBits(3));
        double before = worstMeanError(quantize(coarse));
        Quantization single = Quantization.of(
                model,
                coarse.withBiasCorrection(true),
                new Quantization.Calibration(new OneByOne(samples), ENGINE, ProgressListener.SILENT));
        // what earlier layers add to the error is not seen, sample by sample
        assertThat(worstMeanError(single)).isLessThan(before / 2);
    }

    /// Samples for a model that takes one at a time.
    private record OneByOne(SampleSource source) implements SampleSource {
        @Override
        public List<String> inputNames() {
            return source.inputNames();
        }

        @Override
        public long size() {
            return source.size();
        }

        @Override
        public int maxBatch() {
            return 1;
        }

        @Override
        public Batch read(long first, int count) {
            assertThat(count).isEqualTo(1);
            return source.read(first, count);
        }

        @Override
        public void close() {
            source.close();
        }
    }

    private double worstMeanError(Quantization quantization) {
        Map<String, TensorData> batch = samples.read(0, 24).inputs();
        try (Executor original = Executor.compile(model, ENGINE);
                Simulator simulator = Simulator.compile(quantization.quantized(), ENGINE)) {
            double[] expected = channelMeans(output(original::run, batch));
            double[] found = channelMeans(output(simulator::run, batch));
            double worst = 0;
            for (int channel = 0; channel < CHANNELS; channel++) {
                worst = Math.max(worst, Math.abs(expected[channel] - found[channel]));
            }
            return worst;
        }
    }

    private static double[] channelMeans(TensorData output) {
        float[] values = output.toFloats();
        double[] means = new double[CHANNELS];
        int area = 64;
        for (int i = 0; i < values.length; i++) {
            means[i / area % CHANNELS] += values[i] * (double) CHANNELS / values.length;
        }
        return means;
    }

    @Test
    void sameInputsGiveTheSameFiles() throws IOException {
        Path first = Files.createDirectory(folder.resolve("first"));
        Path second = Files.createDirectory(folder.resolve("second"));
        QuantizedFolder.write(quantize(recipe(true)), first, "test");
        QuantizedFolder.write(quantize(recipe(true)), second, "test");
        for (String file : List.of("model.onnx", "model.encodings", "recipe.yaml")) {
            assertThat(second.resolve(file)).hasSameBinaryContentAs(first.resolve(file));
        }
    }

    @Test
    void aFolderReadBackSimulatesTheSame() {
        Quantization quantization = quantize(recipe(true));
        QuantizedFolder.write(quantization, folder, "test");
        Map<String, TensorData> batch = samples.read(0, 4).inputs();
        try (Simulator written = Simulator.compile(quantization.quantized(), ENGINE);
                Simulator read = Simulator.compile(QuantizedFolder.read(folder), ENGINE)) {
            assertThat(read.run(batch)).isEqualTo(written.run(batch));
        }
    }
}
