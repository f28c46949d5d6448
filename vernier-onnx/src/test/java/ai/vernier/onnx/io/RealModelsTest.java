package ai.vernier.onnx.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RealModelsTest {
    /// The zip has thousands of models; every so manieth is looked at.
    private static final int STRIDE = 5;

    static Stream<Path> models() {
        return ModelFiles.all().stream();
    }

    @ParameterizedTest
    @MethodSource("models")
    void aWrittenModelReadsBackAsItself(Path file, @TempDir Path folder) {
        Model model = OnnxReader.read(file);
        assertThat(model.graph().nodes()).isNotEmpty();
        assertThat(OnnxReader.read(OnnxWriter.toBytes(model))).isEqualTo(model);

        Path inside = folder.resolve("inside.onnx");
        OnnxWriter.write(model, inside);
        assertThat(OnnxReader.read(inside)).isEqualTo(model);

        Path beside = folder.resolve("beside.onnx");
        OnnxWriter.write(model, beside, new ExternalData.Beside(256));
        assertThat(OnnxReader.read(beside)).isEqualTo(model);
        boolean large = model.graph().initializers().values().stream().anyMatch(tensor -> tensor.sizeBytes() >= 256);
        assertThat(Files.exists(folder.resolve("beside.onnx.data"))).isEqualTo(large);
    }

    @Test
    void modelsOfTheOnnxBackendTestsReadBackAsThemselves() throws IOException {
        List<String> failures = new ArrayList<>();
        int tried = 0;
        for (Path zip : zips()) {
            try (ZipFile entries = new ZipFile(zip.toFile())) {
                for (ZipEntry entry : sample(entries)) {
                    tried++;
                    byte[] bytes = entries.getInputStream(entry).readAllBytes();
                    roundTrip(bytes, entry.getName(), failures);
                }
            }
        }
        assumeTrue(tried > 0, "no ONNX backend tests");
        assertThat(failures).as("%d models", tried).isEmpty();
    }

    private static void roundTrip(byte[] bytes, String name, List<String> failures) {
        try {
            Model model = OnnxReader.read(bytes);
            if (!OnnxReader.read(OnnxWriter.toBytes(model)).equals(model)) {
                failures.add(name + " differs after writing");
            }
        } catch (InvalidInputException e) {
            failures.add(name + ": " + e.getMessage());
        }
    }

    private static List<Path> zips() throws IOException {
        Path folder = ModelFiles.folder().resolve("onnx-backend-tests");
        assumeTrue(Files.isDirectory(folder), "no ONNX backend tests in " + folder.toAbsolutePath());
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".zip")).toList();
        }
    }

    private static List<ZipEntry> sample(ZipFile zip) {
        List<ZipEntry> models = new ArrayList<>();
        Enumeration<? extends ZipEntry> entries = zip.entries();
        while (entries.hasMoreElements()) {
            ZipEntry entry = entries.nextElement();
            if (entry.getName().endsWith(".onnx")) {
                models.add(entry);
            }
        }
        List<ZipEntry> sample = new ArrayList<>();
        for (int i = 0; i < models.size(); i += STRIDE) {
            sample.add(models.get(i));
        }
        return sample;
    }
}
