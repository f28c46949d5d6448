package ai.vernier.bench;

import ai.vernier.data.DataSources;
import ai.vernier.data.Labels;
import ai.vernier.data.Metrics;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.export.QdqExporter;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import ai.vernier.pipeline.Comparison;
import ai.vernier.pipeline.LabelledSamples;
import ai.vernier.pipeline.Quantization;
import ai.vernier.recipe.Recipe;
import ai.vernier.simulate.Simulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// Quantizes every classifier with labels and prints what it costs in accuracy: `AccuracyTable MODELS_DIR ARRAYS_DIR
/// [RECIPE.yaml]`, where ARRAYS_DIR is what [PrepareData] wrote.
///
/// | column | meaning |
/// |---|---|
/// | float, simulated, drop | top-1 of the float model on the engine and of the simulation, and their difference in
/// points |
/// | agreement, SQNR | samples for which both decide for the same class; noise of the simulated output |
/// | in ORT | top-1 of the exported model in ONNX Runtime |
/// | ORT agrees, ORT SQNR | the exported model in ONNX Runtime against the simulation |
public final class AccuracyTable {
    private static final int BATCH = 8;

    private final Path models;
    private final Path arrays;

    private AccuracyTable(Path models, Path arrays) {
        this.models = models;
        this.arrays = arrays;
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 2 || args.length > 3) {
            throw new IllegalArgumentException("usage: AccuracyTable MODELS_DIR ARRAYS_DIR [RECIPE.yaml]");
        }
        Recipe recipe =
                args.length == 3 ? Recipe.read(Path.of(args[2])) : Recipe.parse("defaults", "vernier-recipe: 1");
        AccuracyTable table = new AccuracyTable(Path.of(args[0]), Path.of(args[1]));
        System.out.println(
                "| model | float | simulated | drop | agreement | SQNR (dB) | in ORT | ORT agrees | ORT SQNR (dB) |");
        System.out.println("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        try (Stream<Path> folders = Files.list(table.arrays)) {
            for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
                System.out.println(table.row(folder.getFileName().toString(), recipe));
            }
        }
    }

    private String row(String name, Recipe recipe) {
        Model model = OnnxReader.read(models.resolve(name + ".onnx"));
        ModelInputs inputs = ModelInputs.of(model);
        Path folder = arrays.resolve(name);
        try (SampleSource calibration = DataSources.open(folder.resolve("calibration.npy"), inputs);
                SampleSource evaluation = DataSources.open(folder.resolve("evaluation.npy"), inputs)) {
            Quantization quantization = Quantization.of(
                    model,
                    recipe,
                    new Quantization.Calibration(calibration, EngineOptions.DEFAULT, ProgressListener.SILENT));
            int batch = Math.min(BATCH, evaluation.maxBatch());
            LabelledSamples data = new LabelledSamples(evaluation, Labels.read(folder.resolve("labels.npy")), batch);
            return row(name, model, quantization, data);
        }
    }

    private static String row(String name, Model model, Quantization quantization, LabelledSamples data) {
        byte[] exported = OnnxWriter.toBytes(new QdqExporter(Map.of()).export(quantization.quantized()));
        try (Executor original = Executor.compile(model, EngineOptions.DEFAULT);
                Simulator simulator = Simulator.compile(quantization.quantized(), EngineOptions.DEFAULT);
                OrtModel ort = OrtModel.open(exported, 0)) {
            Comparison accuracy = compare(new Comparison.Pair(original::run, simulator::run), data);
            Comparison runtime = compare(new Comparison.Pair(simulator::run, ort::run), data);
            double top1 = accuracy.original().getFirst().value();
            double simulated = accuracy.quantized().getFirst().value();
            return String.format(
                    Locale.ROOT,
                    "| %s | %.4f | %.4f | %.2f | %.3f | %.1f | %.4f | %.4f | %.1f |",
                    name,
                    top1,
                    simulated,
                    100 * (top1 - simulated),
                    accuracy.agreement().value(),
                    accuracy.difference().sqnr(),
                    runtime.quantized().getFirst().value(),
                    runtime.agreement().value(),
                    runtime.difference().sqnr());
        }
    }

    private static Comparison compare(Comparison.Pair models, LabelledSamples data) {
        return Comparison.of(models, data, List.copyOf(Metrics.parse("top1")), ProgressListener.SILENT);
    }
}
