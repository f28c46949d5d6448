package ai.vernier.cli;

import ai.vernier.engine.EngineOptions;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.pipeline.QuantizedFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options that say who runs a model.
final class RuntimeFlags {
    enum Runner {
        ENGINE,
        ORT
    }

    @Option(
            names = "--runtime",
            paramLabel = "engine|ort",
            description = "Who runs it: our engine or ONNX Runtime. Default: the engine; for a folder its simulation.")
    private @Nullable Runner runtime;

    @Mixin
    private EngineFlags engine = new EngineFlags();

    int threads() {
        return engine.threads();
    }

    /// How our engine is to run.
    ///
    /// @throws InvalidInputException with everything that is wrong with the flags
    EngineOptions options() {
        if (runtime == Runner.ORT && engine.hasLimits()) {
            throw new InvalidInputException(
                    "--memory and --time-limit hold for our engine; ONNX Runtime keeps none: leave them or --runtime ort out");
        }
        return engine.options();
    }

    /// Opens a model file, or the folder that `vernier quantize` wrote.
    ///
    /// @throws InvalidInputException where there is no such model
    LoadedModel load(Path place) {
        if (!Files.exists(place)) {
            throw new InvalidInputException(place + ": there is no such file or folder");
        }
        boolean isFolder = Files.isDirectory(place);
        if (isFolder && runtime == null) {
            return LoadedModel.simulated(QuantizedFolder.read(place), options());
        }
        Path file = isFolder ? place.resolve(QuantizedFolder.MODEL) : place;
        Model model = OnnxReader.read(file);
        return runtime == Runner.ORT
                ? LoadedModel.onOnnxRuntime(model, file, options())
                : LoadedModel.onEngine(model, options());
    }
}
