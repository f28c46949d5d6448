package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// NumPy's array files: one array in a `.npy`
/// ([format](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)), named arrays in
/// a `.npz`.
public final class Npy {
    private Npy() {}

    /// The array in a `.npy` file, of version 1, 2 or 3, either byte order, C or Fortran order;
    /// elements bool, int8 … uint64, float16, float32 or float64. Memory-mapped where its bytes are
    /// those of a tensor.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where it cannot be read, is damaged or cut short
    public static TensorData read(Path path) {
        return NpyFile.readAll(path);
    }

    /// The arrays in a `.npz` file by name (without `.npy`), in file order, on the heap; stored or
    /// deflated.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where it cannot be read, or an array is damaged
    public static Map<String, TensorData> readAll(Path path) {
        try (NpzFile file = NpzFile.open(path)) {
            return file.readAll();
        }
    }

    /// Whether NumPy has a type for these elements.
    public static boolean canHold(DataType type) {
        return NpyHeader.description(type).isPresent();
    }

    /// Writes version 1.0 in C order, into a temporary file that is moved into place.
    ///
    /// @throws IOException where the file cannot be written
    /// @throws IllegalArgumentException where NumPy has no such type, see [#canHold]
    public static void write(Path path, TensorData tensor) throws IOException {
        try (NpyWriter writer = NpyWriter.create(path, tensor.dataType(), tensor.dims())) {
            writer.append(tensor);
            writer.finish();
        }
    }

    /// Writes a `.npz` file, one array per name, into a temporary file that is moved into place.
    ///
    /// @throws IOException where the file cannot be written
    /// @throws IllegalArgumentException where NumPy has no such type, see [#canHold]
    public static void writeAll(Path path, Map<String, TensorData> arrays) throws IOException {
        NpzWriter.write(path, arrays);
    }
}
