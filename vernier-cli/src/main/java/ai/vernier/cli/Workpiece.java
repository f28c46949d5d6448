package ai.vernier.cli;

import ai.vernier.onnx.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A model and what lies beside it. Where the user names a folder instead of a model, its one `.onnx` file is meant,
/// and its `recipe.yaml`, `calibration.*`, `evaluation.*` and `labels.npy` are used unless flags name others.
record Workpiece(
        Path model,
        @Nullable Path recipe,
        @Nullable Path calibration,
        @Nullable Path evaluation,
        @Nullable Path labels) {
    /// @throws InvalidInputException where there is no such file, or a folder without exactly one model
    static Workpiece at(Path place) {
        if (!Files.exists(place)) {
            throw new InvalidInputException(place + ": there is no such file or folder; name an .onnx file");
        }
        if (!Files.isDirectory(place)) {
            return new Workpiece(place, null, null, null, null);
        }
        List<Path> entries = entries(place);
        return new Workpiece(
                onlyModel(place, entries),
                named(entries, "recipe.yaml"),
                withStem(place, entries, "calibration"),
                withStem(place, entries, "evaluation"),
                named(entries, "labels.npy"));
    }

    /// The name without folder and suffix: `digits` of `examples/digits/digits.onnx`.
    String name() {
        return stem(model);
    }

    private static List<Path> entries(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path onlyModel(Path folder, List<Path> entries) {
        List<Path> models = entries.stream()
                .filter(entry -> fileName(entry).endsWith(".onnx"))
                .toList();
        if (models.size() != 1) {
            throw new InvalidInputException(
                    "%s: found %d .onnx files, expected one; name the file instead".formatted(folder, models.size()));
        }
        return models.getFirst();
    }

    private static @Nullable Path named(List<Path> entries, String name) {
        return entries.stream()
                .filter(entry -> fileName(entry).equals(name))
                .findFirst()
                .orElse(null);
    }

    private static @Nullable Path withStem(Path folder, List<Path> entries, String stem) {
        List<Path> found =
                entries.stream().filter(entry -> stem(entry).equals(stem)).toList();
        if (found.size() > 1) {
            throw new InvalidInputException(
                    "%s: found %s, expected one; say which with --%s".formatted(folder, found, stem));
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    private static String stem(Path file) {
        String name = fileName(file);
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static String fileName(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }
}
