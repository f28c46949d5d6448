package ai.vernier.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the launcher runs once after a build so that the JDK's ahead-of-time cache (JEP 483) holds the classes that
/// commands need.
final class StartupTraining {
    private StartupTraining() {}

    /// Runs the commands; `args` names the folder of an example with a model of the same name.
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(PrintWriter.nullWriter());
        Path folder = Path.of(args[0]);
        String model = folder.resolve(folder.getFileName() + ".onnx").toString();
        Vernier.run(out, out, "--help");
        Vernier.run(out, out, "no-such-command", "--json");
        if (Files.exists(Path.of(model))) {
            Vernier.run(out, out, "inspect", model);
            Vernier.run(out, out, "inspect", model, "--json");
        }
    }
}
