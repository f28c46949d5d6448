package ai.vernier.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The `vernier` command line.
@Command(
        name = "vernier",
        mixinStandardHelpOptions = true,
        versionProvider = Versions.class,
        subcommands = {
            QuantizeCommand.class,
            EvaluateCommand.class,
            RunCommand.class,
            VerifyCommand.class,
            InspectCommand.class,
            DoctorCommand.class,
            GenerateCompletion.class,
        },
        synopsisSubcommandLabel = "COMMAND",
        description = "Makes neural networks small and integer-only: float ONNX in, INT8 ONNX out.%n",
        footer = {
            "%nA first tour:%n",
            "  vernier doctor                         what this machine offers, and a self test",
            "  vernier inspect model.onnx --plan      what is in a model and which grid each tensor would get",
            "  vernier quantize model.onnx --calibration c.npy    writes model-int8/",
            "  vernier evaluate model-int8 --data e.npy --labels labels.npy",
            "  vernier verify model-int8 --data e.npy             the file in ONNX Runtime against our simulation",
            "%nExit codes: 0 done; 2 something in your input; 3 a model we do not support; 70 a bug of ours.",
            "Every command has --help with examples, and --json for scripts.",
            "Completion for bash and zsh:  source <(vernier generate-completion)",
        })
public final class Vernier {
    private Vernier() {}

    /// Runs one command and ends the process with its exit code.
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(out, err, args));
    }

    /// Runs one command in this process: results to `out`, everything else to `err`.
    ///
    /// @return the exit code, see [ExitCode]
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        Failures failures = new Failures();
        CommandLine commandLine = new CommandLine(new Vernier())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(false)
                .setUsageHelpWidth(100)
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures);
        try {
            return commandLine.execute(args);
        } catch (LinkageError | VirtualMachineError failure) {
            return failures.report(commandLine, failure, args);
        } finally {
            out.flush();
            err.flush();
        }
    }
}
