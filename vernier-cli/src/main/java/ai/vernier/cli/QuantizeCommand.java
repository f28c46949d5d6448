package ai.vernier.cli;

import ai.vernier.data.DataSources;
import ai.vernier.data.Labels;
import ai.vernier.data.Metric;
import ai.vernier.data.Metrics;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.pipeline.Comparison;
import ai.vernier.pipeline.LabelledSamples;
import ai.vernier.pipeline.Quantization;
import ai.vernier.pipeline.QuantizedFolder;
import ai.vernier.pipeline.Summary;
import ai.vernier.recipe.Recipe;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Calibrates a float model on data and writes its quantized form.
@Command(
        name = "quantize",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Versions.class,
        header = "Turns a float ONNX model into an INT8 one.",
        description = {
            "%nWrites to the folder --out:",
            "  model.onnx        standard QDQ ONNX with real integer weights",
            "  model.encodings   scales and offsets as vendor tools import them (AIMET 1.0.0)",
            "  recipe.yaml       the recipe with every default spelled out; run it again with --recipe",
            "  summary.json      sizes, times, layers, accuracy where it was evaluated%n",
        },
        footer = {
            "%nWhere MODEL is a folder, its one .onnx file is meant, and its recipe.yaml, calibration.*, evaluation.* and"
                    + " labels.npy are used unless flags name others.",
            "%nExamples:",
            "  vernier quantize examples/digits",
            "  vernier quantize model.onnx --calibration calibration.npy",
            "  vernier quantize model.onnx --calibration images/ \\",
            "      --resize 256 --crop 224 --mean .485,.456,.406 --std .229,.224,.225",
            "  vernier quantize model.onnx --calibration c.npy --weight-bits 4 --method percentile:99.99",
            "  vernier quantize model.onnx --calibration c.npy --exclude-op Softmax --exclude conv_first",
            "  vernier quantize model.onnx --calibration c.npy --evaluation e.npy --labels labels.npy --json",
        })
final class QuantizeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL.onnx", description = "A float model, or a folder with one.")
    private Path place = Path.of("");

    @Option(names = "--calibration", paramLabel = "DATA", description = Descriptions.DATA)
    private @Nullable Path calibration;

    @Option(names = "--out", paramLabel = "DIR", description = "Default: the model's name with -int8, here.")
    private @Nullable Path out;

    @Option(
            names = "--evaluation",
            paramLabel = "DATA",
            description = "Labelled samples; float and quantized accuracy are measured on them.")
    private @Nullable Path evaluation;

    @Option(names = "--labels", paramLabel = "FILE.npy", description = "The class of each evaluation sample.")
    private @Nullable Path labels;

    @Option(names = "--metric", paramLabel = "NAMES", description = "top1, top5 …, separated by commas. Default: top1.")
    private String metrics = "top1";

    @Option(names = "--batch", paramLabel = "N", description = "Samples at a time; part of the recipe. Default: 8.")
    private @Nullable Integer batch;

    @Option(names = "--samples", paramLabel = "N", description = "Calibrate on the first N samples. Default: all.")
    private @Nullable Long samples;

    @ArgGroup(validate = false, heading = "%nWhat is quantized, and how:%n")
    private RecipeOptions recipeOptions = new RecipeOptions();

    @ArgGroup(validate = false, heading = "%nHow images become tensors:%n")
    private ImageFlags images = new ImageFlags();

    @Mixin
    private EngineFlags engine = new EngineFlags();

    @Mixin
    private Output output = new Output();

    /// Everything that was asked for, checked as far as that goes without work.
    private record Job(
            Path file,
            Model model,
            Recipe recipe,
            Path out,
            Path calibration,
            @Nullable Evaluation evaluation) {}

    private record Evaluation(Path data, Labels labels, List<Metric> metrics) {}

    @Override
    public Integer call() {
        Job job = job();
        try (OutputFolder folder = OutputFolder.open(job.out())) {
            Quantization quantization = quantize(job);
            QuantizedFolder.write(quantization, folder.partial(), Versions.vernier());
            Optional<Comparison> comparison =
                    Optional.ofNullable(job.evaluation()).map(asked -> evaluate(job, asked, quantization));
            Summary summary = QuantizedFolder.summarize(quantization, folder.partial(), job.file(), comparison);
            folder.publish();
            output.print(QuantizeReport.of(job.file(), job.out(), summary));
        }
        return ExitCode.DONE.code();
    }

    private Job job() {
        Findings findings = new Findings();
        Optional<Workpiece> found = findings.collect(() -> Workpiece.at(place));
        Workpiece workpiece = found.orElse(new Workpiece(place, null, null, null, null));
        Optional<Model> model = found.flatMap(file -> findings.collect(() -> OnnxReader.read(file.model())));
        Optional<Recipe> recipe = findings.collect(() -> recipe(workpiece));
        Optional<Path> data = first(calibration, workpiece.calibration());
        Optional<Evaluation> judged = evaluation(findings, workpiece);
        Path destination = first(out, null).orElseGet(() -> defaultOut(workpiece, recipe));
        requireOptions(findings, data, destination);
        Opening opening = new Opening(model, recipe);
        requireRules(findings, opening);
        data.ifPresent(file -> findings.collect(() -> requireEnough(file, opening)));
        judged.ifPresent(asked -> findings.collect(() -> requireLabelled(asked, opening)));
        findings.throwIfAny();
        return new Job(
                workpiece.model(),
                model.orElseThrow(),
                recipe.orElseThrow(),
                destination,
                data.orElseThrow(),
                judged.orElse(null));
    }

    /// What rules name is only known of the prepared graph. Without rules there is nothing to find.
    private static void requireRules(Findings findings, Opening opening) {
        Optional<Recipe> recipe = opening.recipe().filter(read -> !read.rules().isEmpty());
        if (opening.model().isPresent() && recipe.isPresent()) {
            Model model = opening.model().get();
            findings.collect(() ->
                    Quantization.plan(Quantization.prepare(model, recipe.get()).model(), recipe.get()));
        }
    }

    private void requireOptions(Findings findings, Optional<Path> data, Path destination) {
        findings.require(data.isPresent(), "--calibration is missing: give samples of the kind the model will see");
        findings.require(samples == null || samples >= 1, "--samples: expected 1 or more, found " + samples);
        findings.require(batch == null || batch >= 1, "--batch: expected 1 or more, found " + batch);
        findings.collect(engine::options);
        findings.collect(() -> OutputFolder.requireWritable(destination));
    }

    private static Optional<Path> first(@Nullable Path flag, @Nullable Path beside) {
        return Optional.ofNullable(flag == null ? beside : flag);
    }

    private Optional<Evaluation> evaluation(Findings findings, Workpiece workpiece) {
        Optional<Path> data = first(evaluation, workpiece.evaluation());
        Optional<Path> classes = first(labels, workpiece.labels());
        Optional<List<Metric>> asked = findings.collect(() -> Metrics.parse(metrics));
        findings.require(
                data.isPresent() == classes.isPresent(),
                "--evaluation and --labels belong together: give both or none");
        Optional<Labels> read = classes.flatMap(file -> findings.collect(() -> Labels.read(file)));
        if (data.isEmpty() || read.isEmpty() || asked.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Evaluation(data.get(), read.get(), asked.get()));
    }

    /// What there is to open data with, where problems of the model or the recipe must not hide those of the data.
    private record Opening(Optional<Model> model, Optional<Recipe> recipe) {}

    /// Opening the data finds everything that is wrong with it but single values.
    private Path requireEnough(Path data, Opening opening) {
        Optional<Long> size = size(data, opening);
        long asked = opening.recipe().map(Recipe::samples).orElse(0L);
        if (size.isPresent() && size.get() < asked) {
            throw new InvalidInputException(
                    "%s: holds %d samples, but %d were asked for; give more data or lower --samples"
                            .formatted(data, size.get(), asked));
        }
        return data;
    }

    private Labels requireLabelled(Evaluation asked, Opening opening) {
        Optional<Long> size = size(asked.data(), opening);
        return size.isPresent() ? asked.labels().requireSize(size.get()) : asked.labels();
    }

    /// Samples in `data`, which a model has to be known for.
    private Optional<Long> size(Path data, Opening opening) {
        if (opening.model().isEmpty()) {
            DataSources.requireExists(data);
            return Optional.empty();
        }
        Map<String, String> settings =
                opening.recipe().map(Recipe::preprocessing).orElse(images.over(Map.of()));
        ModelInputs inputs = ModelInputs.of(opening.model().get());
        try (SampleSource source = ImageFlags.open(data, inputs, settings, engine.threads())) {
            return Optional.of(source.size());
        }
    }

    private static Path defaultOut(Workpiece workpiece, Optional<Recipe> recipe) {
        int bits = recipe.map(read -> read.precision().weightBits()).orElse(8);
        return Path.of("%s-int%d".formatted(workpiece.name(), bits));
    }

    private Recipe recipe(Workpiece workpiece) {
        Recipe recipe = recipeOptions.recipe(workpiece.recipe());
        recipe = recipe.withPreprocessing(images.over(recipe.preprocessing()));
        recipe = batch == null ? recipe : recipe.withBatch(batch);
        return samples == null ? recipe : recipe.withSamples(samples);
    }

    private SampleSource open(Path data, Model model, Recipe recipe) {
        return ImageFlags.open(data, ModelInputs.of(model), recipe.preprocessing(), engine.threads());
    }

    private Quantization quantize(Job job) {
        try (SampleSource source = open(job.calibration(), job.model(), job.recipe())) {
            return Quantization.of(
                    job.model(),
                    job.recipe(),
                    new Quantization.Calibration(source, engine.options(), output.progress()));
        }
    }

    private Comparison evaluate(Job job, Evaluation asked, Quantization quantization) {
        Model model = job.model();
        try (SampleSource source = open(asked.data(), model, job.recipe());
                LoadedModel original = LoadedModel.onEngine(model, engine.options());
                LoadedModel quantized = LoadedModel.simulated(quantization.quantized(), engine.options())) {
            LabelledSamples labelled =
                    new LabelledSamples(source, asked.labels(), job.recipe().batch());
            Comparison.Pair pair = new Comparison.Pair(original.forward(), quantized.forward());
            return Comparison.of(pair, labelled, asked.metrics(), output.progress());
        }
    }
}
