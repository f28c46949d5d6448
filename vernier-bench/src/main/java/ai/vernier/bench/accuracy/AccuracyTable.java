package ai.vernier.bench.accuracy;

import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.export.QdqExporter;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import ai.vernier.pipeline.Quantization;
import ai.vernier.recipe.Recipe;
import ai.vernier.simulate.Simulator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/// Quantizes every network that can be judged and prints what that costs: `AccuracyTable DATA_DIR ARRAYS_DIR
/// [RECIPE.yaml|-] [MODEL…]`, where ARRAYS_DIR is what [ai.vernier.bench.PrepareData] wrote, `-` the default recipe,
/// and MODEL the name of a model's file or the beginning of it; all models where there is none.
///
/// | column | meaning |
/// |---|---|
/// | float, simulated, drop | of the float model on the engine and of the simulation, and how much worse that is, in
/// points, decibels or nats |
/// | agreement, SQNR | share of equal decisions; noise of the simulated first output |
/// | in ORT | the exported model in ONNX Runtime |
/// | ORT agrees, ORT SQNR | the exported model in ONNX Runtime against the simulation |
public final class AccuracyTable {
    private final Tasks tasks;
    private final Path models;
    private final Recipe recipe;

    private AccuracyTable(Tasks tasks, Path models, Recipe recipe) {
        this.tasks = tasks;
        this.models = models;
        this.recipe = recipe;
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 2) {
            throw new IllegalArgumentException("usage: AccuracyTable DATA_DIR ARRAYS_DIR [RECIPE.yaml|-] [MODEL…]");
        }
        Path models = Path.of(args[0], "models");
        Recipe recipe = args.length < 3 || args[2].equals("-")
                ? Recipe.parse("defaults", "vernier-recipe: 1")
                : Recipe.read(Path.of(args[2]));
        List<String> wanted = List.of(args).subList(Math.min(3, args.length), args.length);
        Tasks tasks = new Tasks(Path.of(args[0]), Path.of(args[1]));
        AccuracyTable table = new AccuracyTable(tasks, models, recipe);
        System.out.println("| model | measure | float | simulated | drop | agreement | SQNR (dB) "
                + "| in ORT | ORT agrees | ORT SQNR (dB) |");
        System.out.println("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (String name : Tasks.MODELS) {
            if (wanted.isEmpty() || wanted.stream().anyMatch(name::startsWith)) {
                table.rows(name).forEach(System.out::println);
            }
        }
    }

    private List<String> rows(String name) throws IOException {
        Model model = OnnxReader.read(models.resolve(name + ".onnx"));
        Task task = tasks.of(name, model);
        try (Executor original = Executor.compile(model, EngineOptions.DEFAULT)) {
            Quantization quantization = quantize(model, task.calibration(original::run));
            byte[] exported = OnnxWriter.toBytes(new QdqExporter(Map.of()).export(quantization.quantized()));
            try (Simulator simulator = Simulator.compile(quantization.quantized(), EngineOptions.DEFAULT);
                    OrtModel ort = OrtModel.open(exported, 0)) {
                Answers reference = Answers.of(task, task.outputs(original::run));
                Answers simulated = Answers.of(task, task.outputs(simulator::run));
                Answers inRuntime = Answers.of(task, task.outputs(ort::run));
                return rows(name, reference, simulated, inRuntime);
            }
        }
    }

    private Quantization quantize(Model model, SampleSource samples) {
        try (samples) {
            return Quantization.of(
                    model,
                    recipe,
                    new Quantization.Calibration(samples, EngineOptions.DEFAULT, ProgressListener.SILENT));
        }
    }

    private static List<String> rows(String name, Answers reference, Answers simulated, Answers inRuntime) {
        String noise = String.format(
                Locale.ROOT,
                "%s | %.1f",
                share(reference.agreement(simulated).value()),
                reference.difference(simulated).sqnr());
        String runtime = String.format(
                Locale.ROOT,
                "%s | %.1f",
                share(simulated.agreement(inRuntime).value()),
                simulated.difference(inRuntime).sqnr());
        return IntStream.range(0, reference.measures().size())
                .mapToObj(i -> row(
                        name,
                        List.of(
                                reference.measures().get(i),
                                simulated.measures().get(i),
                                inRuntime.measures().get(i)),
                        noise,
                        runtime))
                .toList();
    }

    private static String row(String name, List<Measure> measures, String noise, String runtime) {
        return String.format(
                Locale.ROOT,
                "| %s | %s | %.4f | %.4f | %.2f | %s | %.4f | %s |",
                name,
                measures.get(0).name(),
                measures.get(0).value(),
                measures.get(1).value(),
                measures.get(0).drop(measures.get(1)),
                noise,
                measures.get(2).value(),
                runtime);
    }

    private static String share(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.4f", value);
    }
}
