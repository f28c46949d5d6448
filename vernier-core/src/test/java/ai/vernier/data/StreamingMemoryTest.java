package ai.vernier.data;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamingMemoryTest {
    private static final long SAMPLES = 1024;
    private static final long SAMPLE_BYTES = 2 << 20;

    @TempDir
    private Path folder;

    @Test
    void twoGigabytesPassWithoutStaying() throws IOException {
        Path status = Path.of("/proc/self/status");
        Assumptions.assumeTrue(Files.exists(status), "resident memory is read from /proc");
        ModelInputs inputs = new ModelInputs(List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, 512, 1024))));
        long seen = 0;
        long highest = 0;
        try (SampleSource source = DataSources.open(sparseArray(), inputs)) {
            long before = residentBytes(status, "RssFile");
            for (long first = 0; first < SAMPLES; first += 64) {
                seen += source.read(first, 8).count();
                highest = Math.max(highest, residentBytes(status, "RssFile") - before);
            }
        }
        assertThat(seen).isEqualTo(SAMPLES / 8);
        // Eight samples are 16 MB; what was read sums to 256 MB, and stays if the file is mapped as a whole.
        assertThat(highest).isLessThan(64 << 20);
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        assertThat(runtime.totalMemory() - runtime.freeMemory()).isLessThan(256 << 20);
    }

    /// A file of zeros that takes no room: a header for [1024,512,1024] float32 and a length.
    private Path sparseArray() throws IOException {
        Path file = folder.resolve("sparse.npy");
        Path small = folder.resolve("small.npy");
        Npy.write(small, TensorData.ofFloats(new float[1], 1, 1, 1));
        byte[] header = Files.readAllBytes(small);
        String text = new String(header, 0, 128, StandardCharsets.ISO_8859_1)
                .replace("(1, 1, 1), }        ", "(1024, 512, 1024), }");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
            out.setLength(text.length() + SAMPLES * SAMPLE_BYTES);
        }
        return file;
    }

    private static long residentBytes(Path status, String field) throws IOException {
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                .findFirst()
                .orElse(0);
    }
}
