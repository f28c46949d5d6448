package ai.vernier.onnx.io;

import ai.vernier.onnx.Bytes;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The files beside a model that hold its large tensors, memory-mapped once each.
///
/// A model may come from a stranger: a location must name a regular file inside the model's folder, also after symbolic
/// links are followed.
final class ExternalFiles {
    private final Optional<Path> folder;
    private final Map<String, MemorySegment> mapped = new HashMap<>();

    /// @param folder the model's folder; empty where the model came from memory, so that no file may be opened
    ExternalFiles(Optional<Path> folder) {
        this.folder = folder;
    }

    /// The `length` bytes from `offset` of the file at `location`, mapped read-only.
    MemorySegment slice(String location, long offset, long length) throws Unreadable {
        MemorySegment file = map(location);
        if (offset < 0 || length < 0 || offset > file.byteSize() || length > file.byteSize() - offset) {
            throw new Unreadable("has external data in '%s' from byte %d over %d bytes, but the file has %d bytes"
                    .formatted(location, offset, length, file.byteSize()));
        }
        return file.asSlice(offset, length);
    }

    private MemorySegment map(String location) throws Unreadable {
        MemorySegment known = mapped.get(location);
        if (known != null) {
            return known;
        }
        MemorySegment file = map(resolve(location), location);
        mapped.put(location, file);
        return file;
    }

    private static MemorySegment map(Path file, String location) throws Unreadable {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        } catch (IOException e) {
            throw new Unreadable("has external data in '%s', which cannot be read: %s".formatted(location, e), e);
        }
    }

    private Path resolve(String location) throws Unreadable {
        Path base = folder.orElseThrow(() ->
                new Unreadable("has external data in '%s': the model was not read from a folder".formatted(location)));
        try {
            Path relative = relative(location);
            Path root = base.toRealPath();
            Path file = root.resolve(relative).toRealPath();
            if (!file.startsWith(root)) {
                throw new Unreadable(
                        "has external data in '%s', which lies outside the model's folder through a symbolic link; copy it there"
                                .formatted(location));
            }
            if (!Files.isRegularFile(file)) {
                throw new Unreadable("has external data in '%s', which is no regular file".formatted(location));
            }
            return file;
        } catch (IOException e) {
            throw new Unreadable(
                    "has external data in '%s': no such file in the model's folder".formatted(location), e);
        }
    }

    private static Path relative(String location) throws Unreadable {
        boolean drive = location.length() > 1 && location.charAt(1) == ':';
        if (location.startsWith("/") || location.startsWith("\\") || drive) {
            throw new Unreadable("has external data at the absolute location '%s'; it must be relative to the model"
                    .formatted(location));
        }
        for (String step : location.split("[/\\\\]", -1)) {
            if (step.equals("..")) {
                throw new Unreadable("has external data at '%s', which leaves the model's folder".formatted(location));
            }
        }
        try {
            return Path.of(location);
        } catch (InvalidPathException e) {
            String shown = Bytes.utf8(location).toString();
            throw new Unreadable("has external data at a location that is no file name (bytes %s)".formatted(shown), e);
        }
    }
}
