package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.data.DataSources;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.Npy;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.EngineOptions;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.pipeline.Quantization;
import ai.vernier.pipeline.Quantization.Calibration;
import ai.vernier.pipeline.QuantizedFolder;
import ai.vernier.recipe.Recipe;
import ai.vernier.recipe.Setting;
import ai.vernier.simulate.Simulator;
import ai.vernier.target.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The README's lines of library code, on the bundled example.
class ReadmeTest {
    private static final Path ROOT = Path.of(Objects.requireNonNull(System.getProperty("vernier.root")));
    private static final Path EXAMPLE = ROOT.resolve("examples/digits");

    @TempDir
    private Path temporary = Path.of("");

    @Test
    void theLibraryCodeWorks() throws IOException {
        Path folder = temporary.resolve("model-int8");
        Model model = OnnxReader.read(EXAMPLE.resolve("digits.onnx"));
        Recipe recipe = Recipe.defaults(Target.load(Target.GENERIC_INT8))
                .with(new Setting.ActivationMethod("percentile:99.99"));
        try (SampleSource samples = DataSources.open(EXAMPLE.resolve("calibration.npy"), ModelInputs.of(model))) {
            Calibration calibration = new Calibration(samples, EngineOptions.DEFAULT, ProgressListener.SILENT);
            Quantization quantization = Quantization.of(model, recipe, calibration);
            assertThat(quantization.quantized().plan().toText()).contains("percentile:99.99");
            QuantizedFolder.write(quantization, Files.createDirectories(folder), "my-tool 1.0");
        }
        try (Simulator simulator = Simulator.compile(QuantizedFolder.read(folder), EngineOptions.DEFAULT)) {
            Map<String, TensorData> outputs =
                    simulator.run(Map.of("image", Npy.read(EXAMPLE.resolve("calibration.npy"))));
            assertThat(outputs).containsOnlyKeys("logits");
        }
    }

    /// A rename in the library must not leave the README behind.
    @Test
    void theReadmeShowsThatCode() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));

        assertThat(readme)
                .contains(
                        "OnnxReader.read(",
                        "Recipe.defaults(Target.load(Target.GENERIC_INT8)).with(new Setting.ActivationMethod(",
                        "DataSources.open(Path.of(\"calibration.npy\"), ModelInputs.of(model))",
                        "new Calibration(samples, EngineOptions.DEFAULT, ProgressListener.SILENT)",
                        "Quantization.of(model, recipe, calibration)",
                        "QuantizedFolder.write(quantization, ",
                        "Simulator.compile(QuantizedFolder.read(");
    }
}
