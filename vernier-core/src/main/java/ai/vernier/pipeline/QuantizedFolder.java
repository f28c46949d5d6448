package ai.vernier.pipeline;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.export.EncodingsFile;
import ai.vernier.export.QdqExporter;
import ai.vernier.export.QdqImporter;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The folder that `vernier quantize` leaves behind:
///
/// | file | content |
/// |---|---|
/// | `model.onnx` | the quantized model as QDQ ONNX, for ONNX Runtime and the importers of chip vendors |
/// | `model.encodings` | the grids in AIMET's format 1.0.0, for `--quantization_overrides` |
/// | `recipe.yaml` | what was asked for, every default spelled out; runs again to the same files |
/// | `summary.json` | sizes, times, layers, accuracy |
public final class QuantizedFolder {
    /// The quantized model's file; the simulation is read back from it.
    public static final String MODEL = "model.onnx";

    /// The recipe's file.
    public static final String RECIPE = "recipe.yaml";

    private static final String ENCODINGS = "model.encodings";
    private static final String SUMMARY = "summary.json";

    private QuantizedFolder() {}

    /// Writes model, encodings and recipe into `folder`, which exists; files of those names are replaced.
    ///
    /// @param version of the tool, for the files' provenance
    /// @throws ai.vernier.onnx.UnsupportedModelException where a grid or node has no QDQ form
    public static void write(Quantization quantization, Path folder, String version) {
        String recipe = quantization.recipe().toYaml();
        Map<String, String> provenance = Map.of("version", version);
        OnnxWriter.write(new QdqExporter(provenance).export(quantization.quantized()), folder.resolve(MODEL));
        EncodingsFile.of(quantization.quantized(), version).write(folder.resolve(ENCODINGS));
        writeText(folder.resolve(RECIPE), recipe);
    }

    /// Adds the summary to a folder that [#write] filled.
    ///
    /// @param original the float model's file, for its size
    public static Summary summarize(
            Quantization quantization, Path folder, Path original, Optional<Comparison> comparison) {
        Map<String, Long> bytes = new LinkedHashMap<>();
        bytes.put("float", size(original));
        bytes.put("quantized", size(folder.resolve(MODEL)));
        Summary summary = Summary.of(quantization, bytes, comparison);
        JsonMapper json =
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        writeText(folder.resolve(SUMMARY), json.writeValueAsString(summary) + "\n");
        return summary;
    }

    /// Reads a folder's quantized model back, ready to simulate.
    ///
    /// @throws InvalidInputException where the folder holds none
    public static QuantizedModel read(Path folder) {
        Path model = folder.resolve(MODEL);
        if (!Files.isRegularFile(model)) {
            throw new InvalidInputException(List.of(
                    "%s: holds no %s; expected a folder that `vernier quantize` wrote".formatted(folder, MODEL)));
        }
        return QdqImporter.read(OnnxReader.read(model));
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeText(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
