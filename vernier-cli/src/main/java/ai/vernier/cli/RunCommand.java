package ai.vernier.cli;

import ai.vernier.data.DataSources;
import ai.vernier.data.Npy;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Runs a model once and writes its outputs as NumPy files.
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Versions.class,
        header = "Runs a model once and writes its outputs as NumPy files.",
        description = {
            "%nFeeds whole tensors, batch axis included, and writes DIR/OUTPUT.npy for each output.",
            "Characters of an output's name that files cannot have become _.%n"
        },
        footer = {
            "%nExamples:",
            "  vernier run model.onnx --input x.npy --out results",
            "  vernier run vad.onnx --input input=frame.npy --input state=zeros.npy --out results",
            "  vernier run model-int8 --input x.npy --out results     the simulation of a quantized model",
        })
final class RunCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL.onnx|DIR", description = "A model, or what 'vernier quantize' wrote.")
    private Path place = Path.of("");

    @Option(
            names = "--input",
            paramLabel = "[NAME=]FILE.npy",
            description = "A whole input, batch axis included; the name may be left out where there is one input."
                    + " Repeatable; needed for every input without a default in the file.")
    private List<String> inputs = new ArrayList<>();

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where the outputs are written.")
    private Path out = Path.of("");

    @Mixin
    private RuntimeFlags runtime = new RuntimeFlags();

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() throws IOException {
        Findings findings = new Findings();
        findings.collect(runtime::options);
        findings.collect(() -> OutputFolder.requireWritable(out));
        findings.throwIfAny();
        try (OutputFolder folder = OutputFolder.open(out);
                LoadedModel model = runtime.load(place)) {
            Map<String, Path> files = InputArguments.bind(inputs, model.inputs());
            Map<String, TensorData> outputs = model.forward().run(DataSources.readInputs(files, model.inputs()));
            Map<String, String> names = OutputNames.files(outputs.keySet());
            for (Map.Entry<String, TensorData> entry : outputs.entrySet()) {
                write(entry.getKey(), entry.getValue(), folder.partial().resolve(name(names, entry.getKey())));
            }
            folder.publish();
            output.print(answer(model, outputs, names));
        }
        return ExitCode.DONE.code();
    }

    private static String name(Map<String, String> names, String output) {
        return names.getOrDefault(output, output);
    }

    private static void write(String name, TensorData tensor, Path file) throws IOException {
        if (!Npy.canHold(tensor.dataType())) {
            throw new UnsupportedModelException(
                    "output '%s' is %s, which NumPy files cannot hold; add a Cast to the model"
                            .formatted(name, tensor.dataType().text()));
        }
        Npy.write(file, tensor);
    }

    private Answer answer(LoadedModel model, Map<String, TensorData> outputs, Map<String, String> names) {
        List<Object> described = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        outputs.forEach((name, tensor) -> {
            Path file = out.resolve(name(names, name));
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", name);
            fields.put("type", tensor.dataType().text());
            fields.put("shape", tensor.dims());
            fields.put("file", file.toString());
            described.add(fields);
            lines.add("%s  %s  %s".formatted(file, tensor, name));
        });
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("model", place.toString());
        fields.put("runtime", model.runner());
        fields.put("outputs", described);
        return new Answer(fields, lines);
    }
}
