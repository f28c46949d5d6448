package ai.vernier.cli;

import ai.vernier.data.Labels;
import ai.vernier.data.SampleSource;
import ai.vernier.data.Score;
import ai.vernier.export.Verification;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.pipeline.Evaluation;
import ai.vernier.pipeline.LabelledSamples;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Measures the accuracy of a model, or of a quantized folder's simulation, on labelled data, and how well it agrees
/// with the float model, which needs no labels.
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Versions.class,
        header = "Measures accuracy on labelled data, and agreement with the float model on any.",
        description = {
            "%nMODEL.onnx runs on the engine (or ONNX Runtime, see --runtime); a folder that 'vernier quantize' wrote runs"
                    + " as a simulation of its integer grids.%n"
        },
        footer = {
            "%nExamples:",
            "  vernier evaluate model.onnx --data test.npy --labels labels.npy --metric top1,top5",
            "  vernier evaluate model-int8 --data test.npy --labels labels.npy",
            "  vernier evaluate vad-int8 --data test.npz --reference vad.onnx          no labels needed",
            "  vernier evaluate model-int8/model.onnx --runtime ort --data test.npy --labels labels.npy --json",
            "  vernier evaluate model.onnx --data images.txt --labels labels.npy \\",
            "      --resize 256 --crop 224 --mean .485,.456,.406 --std .229,.224,.225",
        })
final class EvaluateCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL.onnx|DIR", description = "A model, or what 'vernier quantize' wrote.")
    private Path place = Path.of("");

    @Option(names = "--data", paramLabel = "DATA", required = true, description = Descriptions.DATA)
    private Path data = Path.of("");

    @Option(
            names = "--labels",
            paramLabel = "FILE.npy",
            description = "The class of each sample: one axis of integers, counting from 0.")
    private @Nullable Path labels;

    @Option(
            names = "--reference",
            paramLabel = "FLOAT.onnx",
            description = "The float model, run on the engine; each output is compared with its. Needs no labels.")
    private @Nullable Path reference;

    @Option(
            names = "--metric",
            paramLabel = "NAMES",
            description = "Separated by commas: with --labels top1, top5 …; with --reference agreement (how often both"
                    + " decide for the same class), sqnr (in dB) and cosine. Default: top1, and all three.")
    private @Nullable String metrics;

    @Option(names = "--batch", paramLabel = "N", description = "Samples at a time. Default: 8.")
    private int batch = 8;

    @Mixin
    private RuntimeFlags runtime = new RuntimeFlags();

    @ArgGroup(validate = false, heading = "%nHow images become tensors:%n")
    private ImageFlags images = new ImageFlags();

    @Mixin
    private Output output = new Output();

    /// What was measured; absent what was not asked for.
    private record Measured(
            long samples,
            @Nullable Evaluation accuracy,
            @Nullable Verification likeness) {}

    @Override
    public Integer call() {
        Findings findings = new Findings();
        findings.require(batch >= 1, "--batch: found %d, expected 1 or more".formatted(batch));
        Optional<AskedMetrics> asked =
                findings.collect(() -> AskedMetrics.parse(metrics, labels != null, reference != null));
        Optional<Labels> classes =
                Optional.ofNullable(labels).flatMap(file -> findings.collect(() -> Labels.read(file)));
        findings.collect(runtime::options);
        findings.throwIfAny();
        AskedMetrics wanted = asked.orElseThrow();
        try (LoadedModel model = runtime.load(place);
                SampleSource samples =
                        ImageFlags.open(data, model.inputs(), images.orRecorded(place), runtime.threads())) {
            Evaluation accuracy = classes.filter(_ -> !wanted.labelled().isEmpty())
                    .map(truth -> new LabelledSamples(samples, truth, batch))
                    .map(labelled -> Evaluation.of(model.forward(), labelled, wanted.labelled(), output.progress()))
                    .orElse(null);
            Verification likeness = Optional.ofNullable(reference)
                    .filter(_ -> !wanted.labelFree().isEmpty())
                    .map(file -> compare(model, file, samples))
                    .orElse(null);
            output.print(answer(model, new Measured(samples.size(), accuracy, likeness), wanted));
        }
        return ExitCode.DONE.code();
    }

    private Verification compare(LoadedModel model, Path file, SampleSource samples) {
        try (LoadedModel original = LoadedModel.onEngine(OnnxReader.read(file), runtime.options())) {
            Findings findings = new Findings();
            findings.require(
                    Set.copyOf(original.inputs().names())
                            .equals(Set.copyOf(model.inputs().names())),
                    "--reference %s: has the inputs %s, but %s has %s"
                            .formatted(file, original.inputs(), place, model.inputs()));
            findings.require(
                    model.outputs().containsAll(original.outputs()),
                    "--reference %s: has the outputs %s, but %s has %s"
                            .formatted(file, original.outputs(), place, model.outputs()));
            findings.throwIfAny();
            Verification.Work work = new Verification.Work(samples, batch, output.progress());
            return Verification.between(model.forward()::run, original.forward()::run, work);
        }
    }

    private Answer answer(LoadedModel model, Measured measured, AskedMetrics asked) {
        Map<String, Object> scores = new LinkedHashMap<>();
        Map<String, Object> fields = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        fields.put("model", place.toString());
        fields.put("runtime", model.runner());
        fields.put("samples", measured.samples());
        fields.put("metrics", scores);
        String cost = "";
        if (measured.accuracy() != null) {
            Evaluation accuracy = measured.accuracy();
            for (Score score : accuracy.scores()) {
                scores.put(score.metric(), score.value());
                lines.add("%s  %s".formatted(score.metric(), Units.percent(score.value())));
            }
            fields.put("seconds", accuracy.seconds());
            cost = ", %.2f ms each".formatted(1000 * accuracy.seconds() / measured.samples());
        }
        if (measured.likeness() != null) {
            fields.put("reference", String.valueOf(reference));
            fields.put("outputs", likeness(measured.likeness(), asked, scores, lines));
        }
        lines.add("%d samples on %s%s".formatted(measured.samples(), model.runner(), cost));
        return new Answer(fields, lines);
    }

    /// The figures of each output; `scores` gets those of the first one, which is the one that is judged elsewhere too.
    private Map<String, Object> likeness(
            Verification likeness, AskedMetrics asked, Map<String, Object> scores, List<String> lines) {
        Map<String, Object> outputs = new LinkedHashMap<>();
        lines.add("against %s on the engine:".formatted(reference));
        likeness.outputs().forEach((name, found) -> {
            Map<String, Object> figures = Likeness.fields(found);
            figures.keySet().retainAll(asked.labelFree());
            if (outputs.isEmpty()) {
                scores.putAll(figures);
            }
            outputs.put(name, figures);
            lines.add("  %s: %s".formatted(name, Likeness.text(found, asked.labelFree())));
        });
        if (asked.labelFree().contains("agreement") && !scores.containsKey("agreement")) {
            lines.add(
                    "  no agreement: the first output holds no class scores, [N,C] or [N,T,C] of two classes or more");
        }
        return outputs;
    }
}
