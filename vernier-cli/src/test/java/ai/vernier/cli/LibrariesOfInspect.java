package ai.vernier.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// A program of its own that inspects the model `args[0]` and prints which files it has mapped into memory then.
final class LibrariesOfInspect {
    private LibrariesOfInspect() {}

    public static void main(String[] args) throws IOException {
        Invocation run = Invocation.of("inspect", args[0]);
        PrintStream out = System.out;
        out.println(run.exitCode() == 0 ? "inspected" : run.err());
        Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains(".so"))
                .forEach(out::println);
    }
}
