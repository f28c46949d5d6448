package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// A `.npy` file of which only the rows being read are mapped, so that resident memory never grows with
/// the file.
final class NpyFile implements SampleArray {
    private final Path path;
    private final NpyHeader header;
    private final FileChannel channel;

    private NpyFile(Path path, NpyHeader header, FileChannel channel) {
        this.path = path;
        this.header = header;
        this.channel = channel;
    }

    /// @throws InvalidInputException where it cannot be read, is no `.npy` file, or shorter than its
    ///     header says
    static NpyFile open(Path path) {
        NpyHeader header = header(path);
        try {
            return new NpyFile(path, header, FileChannel.open(path));
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }

    /// The header, the file's length checked against it.
    static NpyHeader header(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            NpyHeader header = NpyHeader.read(in, path.toString());
            long found = Files.size(path) - header.dataOffset();
            if (found < header.dataBytes()) {
                throw new InvalidInputException(
                        "%s: its header promises %d bytes of %s%s, found %d; the file is cut short, write it again"
                                .formatted(
                                        path,
                                        header.dataBytes(),
                                        header.dataType().text(),
                                        header.dims(),
                                        found));
            }
            return header;
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }

    NpyHeader header() {
        return header;
    }

    @Override
    public String place() {
        return path.toString();
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
    public TensorData rows(long first, int count) {
        long rowBytes = header.dataBytes() / size();
        long skipped = header.fortranOrder() ? 0 : first * rowBytes;
        long length = header.fortranOrder() ? header.dataBytes() : count * rowBytes;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data =
                    channel.map(FileChannel.MapMode.READ_ONLY, header.dataOffset() + skipped, length, arena);
            return NpyElements.rows(header, data, first, count);
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }

    /// The whole array: the mapped file itself where its bytes are a tensor's, else a copy on the heap.
    static TensorData readAll(Path path) {
        NpyHeader header = header(path);
        try (FileChannel channel = FileChannel.open(path)) {
            MemorySegment data =
                    channel.map(FileChannel.MapMode.READ_ONLY, header.dataOffset(), header.dataBytes(), Arena.ofAuto());
            return NpyElements.all(header, data);
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }
}
