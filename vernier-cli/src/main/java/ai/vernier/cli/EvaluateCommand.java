package ai.vernier.cli;

import ai.vernier.data.Labels;
import ai.vernier.data.Metric;
import ai.vernier.data.Metrics;
import ai.vernier.data.SampleSource;
import ai.vernier.data.Score;
import ai.vernier.pipeline.Evaluation;
import ai.vernier.pipeline.LabelledSamples;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Measures the accuracy of a model, or of a quantized folder's simulation, on labelled data.
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Versions.class,
        header = "Measures accuracy on labelled data.",
        description = {
            "%nMODEL.onnx runs on the engine (or ONNX Runtime, see --runtime); a folder that 'vernier quantize' wrote runs"
                    + " as a simulation of its integer grids.%n"
        },
        footer = {
            "%nExamples:",
            "  vernier evaluate model.onnx --data test.npy --labels labels.npy --metric top1,top5",
            "  vernier evaluate model-int8 --data test.npy --labels labels.npy",
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
            required = true,
            description = "The class of each sample: one axis of integers, counting from 0.")
    private Path labels = Path.of("");

    @Option(
            names = "--metric",
            paramLabel = "NAMES",
            defaultValue = "top1",
            description = "top1, top5 …, separated by commas. Default: top1.")
    private String metrics = "top1";

    @Option(names = "--batch", paramLabel = "N", description = "Samples at a time. Default: 8.")
    private int batch = 8;

    @Mixin
    private RuntimeFlags runtime = new RuntimeFlags();

    @ArgGroup(validate = false, heading = "%nHow images become tensors:%n")
    private ImageFlags images = new ImageFlags();

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() {
        Findings findings = new Findings();
        findings.require(batch >= 1, "--batch: found %d, expected 1 or more".formatted(batch));
        List<Metric> asked = findings.collect(() -> Metrics.parse(metrics)).orElse(List.of());
        findings.collect(() -> Labels.read(labels));
        findings.throwIfAny();
        try (LoadedModel model = runtime.load(place);
                SampleSource samples =
                        ImageFlags.open(data, model.inputs(), images.orRecorded(place), runtime.threads())) {
            LabelledSamples labelled = new LabelledSamples(samples, Labels.read(labels), batch);
            Evaluation evaluation = Evaluation.of(model.forward(), labelled, asked, output.progress());
            output.print(answer(model, evaluation, samples.size()));
        }
        return ExitCode.DONE.code();
    }

    private Answer answer(LoadedModel model, Evaluation evaluation, long samples) {
        Map<String, Object> scores = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        for (Score score : evaluation.scores()) {
            scores.put(score.metric(), score.value());
            lines.add("%s  %s".formatted(score.metric(), Units.percent(score.value())));
        }
        lines.add("%d samples on %s, %.2f ms each"
                .formatted(samples, model.runner(), 1000 * evaluation.seconds() / samples));
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("model", place.toString());
        fields.put("runtime", model.runner());
        fields.put("samples", samples);
        fields.put("metrics", scores);
        fields.put("seconds", evaluation.seconds());
        return new Answer(fields, lines);
    }
}
