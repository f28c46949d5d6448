package ai.vernier.cli;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.ort.OrtHazards;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.export.Verification;
import ai.vernier.pipeline.QuantizedFolder;
import ai.vernier.simulate.Simulator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Compares the exported model in ONNX Runtime with our simulation of it.
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Versions.class,
        header = "Compares an exported model in ONNX Runtime with our simulation of it.",
        description = {
            "%nRuns the exported DIR/model.onnx in ONNX Runtime against the simulation of its grids, and says for each"
                    + " output how well both agree.%n"
        },
        footer = {
            "%nExamples:",
            "  vernier verify model-int8 --data test.npy",
            "  vernier verify model-int8 --data test.npy --json | jq '.outputs[].agreement'",
        })
final class VerifyCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DIR", description = "A folder that 'vernier quantize' wrote.")
    private Path folder = Path.of("");

    @Option(names = "--data", paramLabel = "DATA", required = true, description = Descriptions.DATA)
    private Path data = Path.of("");

    @Option(names = "--batch", paramLabel = "N", description = "Samples at a time. Default: 8.")
    private int batch = 8;

    @ArgGroup(validate = false, heading = "%nHow images become tensors:%n")
    private ImageFlags images = new ImageFlags();

    @Mixin
    private EngineFlags engine = new EngineFlags();

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() {
        Findings findings = new Findings();
        findings.require(batch >= 1, "--batch: found %d, expected 1 or more".formatted(batch));
        findings.collect(engine::options);
        Optional<QuantizedModel> found = findings.collect(() -> QuantizedFolder.read(folder));
        findings.throwIfAny();
        QuantizedModel quantized = found.orElseThrow();
        OrtHazards.check(quantized.model());
        ModelInputs inputs = ModelInputs.of(quantized.model());
        ProgressListener progress = output.progress();
        try (SampleSource samples = ImageFlags.open(data, inputs, images.orRecorded(folder), engine.threads());
                OrtModel exported = OrtModel.open(
                        folder.resolve(QuantizedFolder.MODEL), engine.options().threads());
                Simulator simulation = Simulator.compile(quantized, engine.options())) {
            Verification.Work work = new Verification.Work(samples, batch, progress);
            output.print(answer(Verification.of(exported, simulation, work)));
        }
        return ExitCode.DONE.code();
    }

    private Answer answer(Verification verification) {
        Map<String, Object> outputs = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        lines.add("ONNX Runtime against the simulation, %d samples:".formatted(verification.samples()));
        verification.outputs().forEach((name, found) -> {
            outputs.put(name, Likeness.fields(found));
            lines.add("  %s: %s".formatted(name, Likeness.text(found, Likeness.ALL)));
        });
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("folder", folder.toString());
        fields.put("samples", verification.samples());
        fields.put("outputs", outputs);
        return new Answer(fields, lines);
    }
}
