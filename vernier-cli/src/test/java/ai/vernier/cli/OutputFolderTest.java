package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
    @TempDir
    private Path temporary = Path.of("");

    @Test
    void nothingIsVisibleBeforePublishing() throws IOException {
        Path destination = temporary.resolve("a/b");
        try (OutputFolder folder = OutputFolder.open(destination)) {
            Files.writeString(folder.partial().resolve("model.onnx"), "half");
            assertThat(destination).doesNotExist();
            assertThat(temporary.resolve("a")).doesNotExist();
        }
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void publishedFilesReplaceOlderOnesAndLeaveOthersAlone() throws IOException {
        Path destination = Files.createDirectory(temporary.resolve("out"));
        Files.writeString(destination.resolve("model.onnx"), "old");
        Files.writeString(destination.resolve("notes.txt"), "mine");
        try (OutputFolder folder = OutputFolder.open(destination)) {
            Files.writeString(folder.partial().resolve("model.onnx"), "new");
            assertThat(folder.publish()).containsExactly(destination.resolve("model.onnx"));
        }
        assertThat(destination.resolve("model.onnx")).hasContent("new");
        assertThat(destination.resolve("notes.txt")).hasContent("mine");
        assertThat(destination).isDirectoryNotContaining("glob:**.vernier-partial-*");
    }

    @Test
    void aFileInTheWayIsRefused() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");

        assertThatThrownBy(() -> OutputFolder.open(file.resolve("out")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("--out")
                .hasMessageContaining("is not a folder");
        assertThatThrownBy(() -> OutputFolder.open(file)).hasMessageContaining("is not a folder");
    }
}
