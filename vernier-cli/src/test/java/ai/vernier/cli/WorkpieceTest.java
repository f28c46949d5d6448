package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkpieceTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void aFolderOffersWhatLiesInIt() throws IOException {
        Path model = create("digits.onnx");
        Path calibration = create("calibration.npy");
        Path labels = create("labels.npy");
        create("README.md");

        assertThat(Workpiece.at(folder)).isEqualTo(new Workpiece(model, null, calibration, null, labels));
        assertThat(Workpiece.at(folder).name()).isEqualTo("digits");
    }

    @Test
    void aModelFileStandsForItselfOnly() throws IOException {
        Path model = create("digits.onnx");
        create("calibration.npy");

        assertThat(Workpiece.at(model)).isEqualTo(new Workpiece(model, null, null, null, null));
    }

    @Test
    void ambiguousFoldersAreRefused() throws IOException {
        create("a.onnx");
        Path second = create("b.onnx");
        assertThatThrownBy(() -> Workpiece.at(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("found 2 .onnx files, expected one");

        Files.delete(second);
        create("calibration.npy");
        create("calibration.npz");
        assertThatThrownBy(() -> Workpiece.at(folder)).hasMessageContaining("say which with --calibration");
    }

    @Test
    void aMissingModelIsNamed() {
        assertThatThrownBy(() -> Workpiece.at(folder.resolve("no.onnx")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no.onnx: there is no such file");
    }

    private Path create(String name) throws IOException {
        return Files.createFile(folder.resolve(name));
    }
}
