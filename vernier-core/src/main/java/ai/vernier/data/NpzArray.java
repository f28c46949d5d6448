package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// One array of a `.npz` file, read as a stream: reading on is cheap, reading back begins anew.
final class NpzArray implements SampleArray {
    private final NpzFile file;
    private final String name;
    private final NpyHeader header;
    private @Nullable InputStream stream;
    private long position;

    /// @throws InvalidInputException where the array's rows do not lie one after another
    NpzArray(NpzFile file, String name, NpyHeader header) {
        this.file = file;
        this.name = name;
        this.header = header;
        if (header.fortranOrder() && !header.isPlain()) {
            throw new InvalidInputException(
                    "%s: is in Fortran order, which cannot be streamed from an archive; save numpy.ascontiguousarray of it"
                            .formatted(place()));
        }
    }

    @Override
    public String place() {
        return file.place(name);
    }

    @Override
    public DataType dataType() {
        return header.dataType();
    }

    @Override
    public Shape shape() {
        return Shape.of(header.sizes());
    }

    @Override
    public synchronized TensorData rows(long first, int count) {
        long rowBytes = header.dataBytes() / size();
        try {
            InputStream in = at(first, rowBytes);
            MemorySegment data = file.read(in, count * rowBytes, name);
            position = first + count;
            return NpyElements.rows(header, data, first, count);
        } catch (IOException e) {
            throw FileProblem.of(file.path(), e);
        }
    }

    private InputStream at(long row, long rowBytes) throws IOException {
        InputStream in = stream;
        if (in == null || row < position) {
            close();
            in = file.open(name);
            stream = in;
            position = 0;
        }
        in.skipNBytes((row - position) * rowBytes);
        position = row;
        return in;
    }

    @Override
    public synchronized void close() {
        try {
            if (stream != null) {
                stream.close();
            }
            stream = null;
        } catch (IOException e) {
            throw FileProblem.of(file.path(), e);
        }
    }
}
