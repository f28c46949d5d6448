package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Raw files, one sample each: the input's elements in the input's own type, little-endian, row-major,
/// and nothing else.
final class RawFiles implements SampleArray {
    private final List<Path> paths;
    private final DataType dataType;
    private final long[] sampleDims;

    private RawFiles(List<Path> paths, DataType dataType, long[] sampleDims) {
        this.paths = List.copyOf(paths);
        this.dataType = dataType;
        this.sampleDims = sampleDims;
    }

    /// Files for one input: of one sample without the input's axis 0, or of a whole input where axis 0
    /// is no batch or there is none.
    ///
    /// @throws InvalidInputException where the model does not fix the shape, or with all files of
    ///     another size
    static RawFiles open(List<Path> paths, Value input) {
        long[] dims = input.shape().map(Shape::sizes).orElse(new long[] {-1, -1});
        boolean sized = Arrays.stream(dims).skip(1).allMatch(dim -> dim >= 0);
        DataType type = input.elementType().orElse(DataType.FLOAT);
        if (!sized || type.bits() < 8) {
            throw new InvalidInputException(
                    "input %s: raw files carry no shape and the model leaves it open; give the data as .npy or .npz"
                            .formatted(ModelInputs.text(input)));
        }
        boolean whole = dims.length == 0 || (dims[0] > 1 && size(paths.getFirst()) == bytes(type, dims));
        long[] sample = whole ? dims : Arrays.copyOfRange(dims, 1, dims.length);
        RawFiles files = new RawFiles(paths, type, sample);
        files.checkSizes(input);
        return files;
    }

    private void checkSizes(Value input) {
        long expected = bytes(dataType, sampleDims);
        List<String> problems = new ArrayList<>();
        for (Path path : paths) {
            long found = size(path);
            if (found < 0) {
                problems.add(path + ": no such file; check the list");
            } else if (found != expected) {
                problems.add("%s: has %d bytes, but one sample of input %s has %d (%s%s)"
                        .formatted(
                                path, found, ModelInputs.text(input), expected, dataType.text(), Shape.of(sampleDims)));
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
    }

    private static long bytes(DataType type, long[] dims) {
        return type.sizeBytes(TensorData.elementCount(dims));
    }

    private static long size(Path path) {
        try {
            return Files.isRegularFile(path) ? Files.size(path) : -1;
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }

    @Override
    public String place() {
        return paths.getFirst() + (paths.size() == 1 ? "" : " …");
    }

    @Override
    public String place(long sample) {
        return paths.get((int) sample).toString();
    }

    @Override
    public DataType dataType() {
        return dataType;
    }

    @Override
    public Shape shape() {
        List<Dimension> dims = new ArrayList<>();
        dims.add(new Dimension.Known(paths.size()));
        dims.addAll(Shape.of(sampleDims).dimensions());
        return new Shape(dims);
    }

    @Override
    public TensorData rows(long first, int count) {
        int sampleBytes = Math.toIntExact(bytes(dataType, sampleDims));
        byte[] rows = new byte[Math.multiplyExact(sampleBytes, count)];
        for (int i = 0; i < count; i++) {
            read(paths.get((int) first + i), rows, i * sampleBytes, sampleBytes);
        }
        long[] dims = shape().sizes();
        dims[0] = count;
        return TensorData.ofBytes(dataType, MemorySegment.ofArray(rows), dims);
    }

    private static void read(Path path, byte[] target, int offset, int length) {
        try (InputStream in = Files.newInputStream(path)) {
            if (in.readNBytes(target, offset, length) < length) {
                throw new InvalidInputException(path + ": became shorter while it was read");
            }
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }

    @Override
    public void close() {
        // Files are open only while they are read.
    }
}
