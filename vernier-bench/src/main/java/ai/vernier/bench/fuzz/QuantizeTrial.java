package ai.vernier.bench.fuzz;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.export.EncodingsFile;
import ai.vernier.export.QdqExporter;
import ai.vernier.export.QdqImporter;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import ai.vernier.pipeline.Quantization;
import ai.vernier.pipeline.Quantization.Calibration;
import ai.vernier.recipe.Per;
import ai.vernier.recipe.Recipe;
import ai.vernier.recipe.Setting;
import ai.vernier.simulate.Simulator;
import ai.vernier.target.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;

/// Quantizes one input and reads the result back; one that is quantized already is also read as such.
final class QuantizeTrial {
    private QuantizeTrial() {}

    /// Ends within seconds, whatever `input` holds.
    static Trial.Verdict of(byte[] input, long seed) {
        return Trial.judged(() -> {
            Model model = OnnxReader.read(input);
            Random random = new Random(seed);
            Optional<Map<String, TensorData>> feeds = Feeds.of(model, random);
            if (feeds.isEmpty() || feeds.get().isEmpty()) {
                return Trial.Verdict.NOT_FED;
            }
            boolean quantized = model.graph().nodes().stream()
                    .anyMatch(node -> node.opType().equals("DequantizeLinear"));
            Model exported = quantized && random.nextBoolean() ? model : quantized(model, feeds.get(), recipe(random));
            simulate(QdqImporter.read(exported), feeds.get());
            return Trial.Verdict.RAN;
        });
    }

    private static Model quantized(Model model, Map<String, TensorData> feeds, Recipe recipe) {
        Map<String, TensorData> samples = new LinkedHashMap<>();
        feeds.forEach((name, tensor) -> samples.put(
                name,
                tensor.reshaped(LongStream.concat(LongStream.of(1), LongStream.of(tensor.dims()))
                        .toArray())));
        try (SampleSource source = SampleSource.of(samples, ModelInputs.of(model))) {
            Calibration calibration = new Calibration(source, Trial.LIMITS, ProgressListener.SILENT);
            QuantizedModel quantized =
                    Quantization.of(model, recipe, calibration).quantized();
            EncodingsFile.of(quantized, "fuzz");
            return OnnxReader.read(OnnxWriter.toBytes(new QdqExporter(Map.of()).export(quantized)));
        }
    }

    private static Recipe recipe(Random random) {
        Recipe recipe = Recipe.defaults(Target.load(Target.GENERIC_INT8));
        return switch (random.nextInt(4)) {
            case 0 -> recipe.with(new Setting.WeightBits(4)).with(new Setting.ActivationBits(16));
            case 1 -> recipe.with(new Setting.WeightsPer(Per.TENSOR)).with(new Setting.Symmetric(true));
            default -> recipe;
        };
    }

    private static void simulate(QuantizedModel quantized, Map<String, TensorData> feeds) {
        try (Simulator simulator = Simulator.compile(quantized, Trial.LIMITS)) {
            simulator.run(feeds);
        }
    }

    /// The small models that can be quantized, in their quantized form.
    static List<Corpus.Seed> quantizedModels() {
        List<Corpus.Seed> seeds = new ArrayList<>();
        SmallModels.TEXTS.forEach((name, text) -> {
            Model model = OnnxText.parse(text);
            Random random = new Random(1);
            try {
                Map<String, TensorData> feeds = Feeds.of(model, random).orElseThrow();
                byte[] bytes = OnnxWriter.toBytes(quantized(model, feeds, recipe(random)));
                seeds.add(new Corpus.InMemory("quantized " + name, bytes));
            } catch (InvalidInputException | UnsupportedModelException _) {
                // Some of them mean nothing where all is random: infinities, empty tensors.
            }
        });
        return seeds;
    }
}
