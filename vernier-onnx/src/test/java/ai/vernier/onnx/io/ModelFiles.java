package ai.vernier.onnx.io;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Real models beside the project, where the machine has them.
final class ModelFiles {
    private ModelFiles() {}

    static Path folder() {
        Path folder = Path.of(System.getProperty("vernier.root", ".."), "..", "shared", "data");
        assumeTrue(Files.isDirectory(folder), "no models in " + folder.toAbsolutePath());
        return folder;
    }

    static List<Path> all() {
        try (Stream<Path> files = Files.list(folder().resolve("models"))) {
            return files.filter(file -> file.toString().endsWith(".onnx"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
