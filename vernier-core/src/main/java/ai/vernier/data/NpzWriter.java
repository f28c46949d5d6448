package ai.vernier.data;

import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes a `.npz` file: one `.npy` member per array. The same arrays give the same bytes.
final class NpzWriter {
    private NpzWriter() {}

    /// @throws IllegalArgumentException where NumPy has no type for an array, see [Npy#canHold]
    static void write(Path path, Map<String, TensorData> arrays) throws IOException {
        Path temporary = path.resolveSibling("." + path.getFileName() + ".part");
        try {
            try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(temporary))) {
                // Noise of sensors and networks hardly shrinks, whatever the effort.
                zip.setLevel(Deflater.BEST_SPEED);
                for (Map.Entry<String, TensorData> array : arrays.entrySet()) {
                    write(zip, array.getKey(), array.getValue());
                }
            }
            Files.move(temporary, path, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void write(ZipOutputStream zip, String name, TensorData tensor) throws IOException {
        ZipEntry entry = new ZipEntry(name + ".npy");
        // The archive holds no clock time.
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
        zip.putNextEntry(entry);
        zip.write(NpyWriter.header(tensor.dataType(), tensor.dims()));
        NpyWriter.transfer(tensor.bytes(), Channels.newChannel(zip));
        zip.closeEntry();
    }
}
