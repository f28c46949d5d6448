package ai.vernier.cli;

import ai.vernier.onnx.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A folder of results that appears complete or not at all: files are written to a hidden folder on the same file
/// system and moved into place by [#publish()]; without that, or on Ctrl-C, they are deleted.
///
/// Files of other names that already lie in the folder stay untouched.
final class OutputFolder implements AutoCloseable {
    private static final int DELETE_ATTEMPTS = 5;

    private final Path destination;
    private final Path partial;
    private final Thread cleaner;

    private OutputFolder(Path destination, Path partial) {
        this.destination = destination;
        this.partial = partial;
        this.cleaner = new Thread(() -> delete(partial), "delete " + partial);
    }

    /// Makes the hidden folder, which proves that `destination` can be written.
    ///
    /// @throws InvalidInputException where it cannot
    static OutputFolder open(Path destination) {
        Path absolute = destination.toAbsolutePath().normalize();
        Path existing = nearestExisting(absolute);
        if (!Files.isDirectory(existing)) {
            throw unwritable(destination, existing + " is not a folder");
        }
        try {
            OutputFolder folder = new OutputFolder(absolute, Files.createTempDirectory(existing, ".vernier-partial-"));
            Runtime.getRuntime().addShutdownHook(folder.cleaner);
            return folder;
        } catch (IOException e) {
            throw unwritable(destination, "no permission to write in " + existing);
        }
    }

    /// Checks that `destination` can be written, and leaves nothing behind.
    ///
    /// @throws InvalidInputException where it cannot
    static Path requireWritable(Path destination) {
        try (OutputFolder folder = open(destination)) {
            return folder.destination;
        }
    }

    private static InvalidInputException unwritable(Path destination, String reason) {
        return new InvalidInputException(
                "--out %s: cannot be written (%s); name a folder that you may write to".formatted(destination, reason));
    }

    private static Path nearestExisting(Path path) {
        @Nullable Path candidate = path;
        while (candidate != null && !Files.exists(candidate)) {
            candidate = candidate.getParent();
        }
        return candidate == null ? path : candidate;
    }

    /// Where to write for now.
    Path partial() {
        return partial;
    }

    /// Moves every file into place, each replacing an older one of its name.
    ///
    /// @return the files, in alphabetical order
    List<Path> publish() {
        try {
            Files.createDirectories(destination);
            List<Path> files = files(partial);
            for (Path file : files) {
                Path target = destination.resolve(partial.relativize(file));
                Files.createDirectories(target.resolveSibling(""));
                move(file, target);
            }
            return files.stream()
                    .map(file -> destination.resolve(partial.relativize(file)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void move(Path file, Path target) throws IOException {
        try {
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException _) {
            Files.move(file, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Override
    public void close() {
        delete(partial);
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException _) {
            // The process is ending: the hook is already running.
        }
    }

    /// Tries more than once: on Ctrl-C the writer still runs and may add a file meanwhile.
    private static void delete(Path folder) {
        for (int i = 0; i < DELETE_ATTEMPTS && Files.exists(folder); i++) {
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            } catch (IOException | UncheckedIOException _) {
                // The next attempt; a file that stays lies in a hidden folder whose name says what it is.
            }
        }
    }
}
