package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// A `.npz` file: a ZIP archive with one `.npy` member per array, stored or deflated.
final class NpzFile implements AutoCloseable {
    private static final String SUFFIX = ".npy";

    private final Path path;
    private final ZipFile zip;
    private final Map<String, NpyHeader> headers;

    private NpzFile(Path path, ZipFile zip) {
        this.path = path;
        this.zip = zip;
        this.headers = new LinkedHashMap<>();
    }

    /// @throws InvalidInputException where it is no archive, or with the problems of all damaged members
    static NpzFile open(Path path) {
        try {
            ZipFile zip = new ZipFile(path.toFile());
            try {
                NpzFile file = new NpzFile(path, zip);
                file.readHeaders();
                return file;
            } catch (IOException | InvalidInputException e) {
                zip.close();
                throw e;
            }
        } catch (ZipException e) {
            throw new InvalidInputException(
                    "%s: not a .npz archive (%s); write it with numpy.savez".formatted(path, e.getMessage()), e);
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }

    private void readHeaders() throws IOException {
        List<String> problems = new ArrayList<>();
        for (ZipEntry entry : Collections.list(zip.entries())) {
            if (!entry.getName().endsWith(SUFFIX)) {
                continue;
            }
            String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
            try {
                headers.put(name, header(name, entry));
            } catch (InvalidInputException e) {
                problems.addAll(e.problems());
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
    }

    private NpyHeader header(String name, ZipEntry entry) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            NpyHeader header = NpyHeader.read(in, place(name));
            long found = entry.getSize() - header.dataOffset();
            if (found < header.dataBytes()) {
                throw new InvalidInputException(
                        "%s: its header promises %d bytes, found %d; the array is cut short, write it again"
                                .formatted(place(name), header.dataBytes(), found));
            }
            return header;
        }
    }

    String place(String name) {
        return "%s, array '%s'".formatted(path, name);
    }

    Path path() {
        return path;
    }

    /// Headers of the arrays by name, in file order.
    Map<String, NpyHeader> headers() {
        return Collections.unmodifiableMap(headers);
    }

    /// Array `name`, for reading a stretch at a time.
    NpzArray array(String name) {
        return new NpzArray(this, name, Objects.requireNonNull(headers.get(name)));
    }

    Map<String, TensorData> readAll() {
        Map<String, TensorData> arrays = new LinkedHashMap<>();
        headers.forEach((name, header) -> {
            try (InputStream in = open(name)) {
                arrays.put(name, NpyElements.all(header, read(in, header.dataBytes(), name)));
            } catch (IOException e) {
                throw FileProblem.of(path, e);
            }
        });
        return arrays;
    }

    /// The elements of array `name` as a stream, standing at the first one.
    InputStream open(String name) throws IOException {
        InputStream in = zip.getInputStream(zip.getEntry(name + SUFFIX));
        NpyHeader.read(in, place(name));
        return in;
    }

    /// The next `count` bytes of array `name`.
    MemorySegment read(InputStream in, long count, String name) throws IOException {
        if (count > Integer.MAX_VALUE - Long.BYTES) {
            throw new InvalidInputException(
                    "%s: %d bytes at once are more than a compressed array can give; use a smaller batch or a .npy file"
                            .formatted(place(name), count));
        }
        byte[] bytes = in.readNBytes((int) count);
        if (bytes.length < count) {
            throw new InvalidInputException("%s: is cut short; write it again".formatted(place(name)));
        }
        return MemorySegment.ofArray(bytes);
    }

    @Override
    public void close() {
        try {
            zip.close();
        } catch (IOException e) {
            throw FileProblem.of(path, e);
        }
    }
}
