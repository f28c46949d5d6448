package ai.vernier.cli;

import ai.vernier.data.ProgressListener;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The options of every command that say where its results go.
final class Output {
    /// System property that the launcher sets to the width of the terminal on standard error.
    private static final String TERMINAL_COLUMNS = "vernier.terminal.columns";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Option(names = "--json", description = "One JSON object on standard output; everything else on standard error.")
    private boolean json;

    @Option(names = "--quiet", description = "No progress on standard error.")
    private boolean quiet;

    /// Read from the raw arguments by [Failures]: a command may fail before its options are bound.
    @Option(names = "--stack-trace", description = "Where something fails, print the stack trace too.")
    @SuppressWarnings("unused")
    private boolean stackTrace;

    /// Standard error, for warnings.
    PrintWriter err() {
        return command.commandLine().getErr();
    }

    /// Progress on standard error: bars where the launcher found a terminal there, plain lines elsewhere.
    ProgressListener progress() {
        if (quiet) {
            return ProgressListener.SILENT;
        }
        int columns = Integer.getInteger(TERMINAL_COLUMNS, 0);
        return columns > 0 ? new BarProgress(System.err, columns) : new LineProgress(err(), InstantSource.system());
    }

    /// Prints the result on standard output, in the form that was asked for.
    void print(Answer answer) {
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("command", command.name());
            object.putAll(answer.fields());
            out.println(Json.text(object));
        } else {
            answer.lines().stream().map(Shown::lines).forEach(out::println);
        }
        out.flush();
    }
}
