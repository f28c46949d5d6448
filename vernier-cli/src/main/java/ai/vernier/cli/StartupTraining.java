package ai.vernier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the launcher runs once after a build so that the JDK's ahead-of-time cache (JEP 483) holds the classes that
/// commands need.
final class StartupTraining {
    private StartupTraining() {}

    /// Runs the commands on the example in the folder `args[0]`; what they print and whether they succeed is no matter.
    public static void main(String[] args) throws IOException {
        Path scratch = Files.createTempDirectory("vernier-training");
        PrintWriter nowhere = new PrintWriter(PrintWriter.nullWriter());
        Vernier.run(nowhere, nowhere, "--help");
        Vernier.run(nowhere, nowhere, "no-such-command", "--json");
        Vernier.run(nowhere, nowhere, "inspect", args[0] + "/digits.onnx", "--plan");
        Vernier.run(nowhere, nowhere, "inspect", args[0] + "/digits.onnx", "--json");
        try (OutputFolder folder = OutputFolder.open(scratch)) {
            Vernier.run(
                    nowhere,
                    nowhere,
                    "quantize",
                    args[0],
                    "--out",
                    folder.partial().toString());
        }
        Files.delete(scratch);
    }
}
