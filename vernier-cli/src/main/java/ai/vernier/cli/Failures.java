package ai.vernier.cli;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.UnsupportedModelException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// The border where an exception becomes an exit code and a message: for people on standard error, and with `--json`
/// as one object on standard output as well.
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private record Failure(ExitCode exitCode, String kind, List<String> problems) {}

    @Override
    public int handleParseException(ParameterException problem, String[] args) {
        CommandLine command = problem.getCommandLine();
        Failure failure = new Failure(ExitCode.INVALID_INPUT, "invalidInput", List.of(sentence(problem)));
        print(command, failure, asksForJson(args));
        PrintWriter err = command.getErr();
        CommandLine.UnmatchedArgumentException.printSuggestions(problem, err);
        err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
        return failure.exitCode().code();
    }

    @Override
    public int handleExecutionException(Exception problem, CommandLine command, ParseResult parsed) {
        if (problem instanceof ParameterException parameter) {
            return handleParseException(parameter, parsed.originalArgs().toArray(String[]::new));
        }
        return report(command, problem, parsed.originalArgs().toArray(String[]::new));
    }

    /// Reports `problem` of running `args`.
    ///
    /// @return the exit code that belongs to it
    int report(CommandLine command, Throwable problem, String... args) {
        Failure failure = classify(problem);
        print(command, failure, asksForJson(args));
        PrintWriter err = command.getErr();
        if (contains(args, "--stack-trace")) {
            problem.printStackTrace(err);
        } else if (failure.exitCode() == ExitCode.BUG) {
            err.println("This is a bug in vernier. Please report it with the output of the same command"
                    + " and --stack-trace, and of 'vernier doctor'.");
        }
        err.flush();
        return failure.exitCode().code();
    }

    private static Failure classify(Throwable problem) {
        return switch (problem) {
            case InvalidInputException invalid -> invalidInput(invalid.problems());
            case UnsupportedModelException unsupported ->
                new Failure(ExitCode.UNSUPPORTED_MODEL, "unsupportedModel", List.of(sentence(unsupported)));
            case UncheckedIOException io -> invalidInput(List.of(sentence(Objects.requireNonNull(io.getCause()))));
            case IOException io -> invalidInput(List.of(sentence(io)));
            case OutOfMemoryError memory ->
                new Failure(
                        ExitCode.BUG,
                        "outOfMemory",
                        List.of("out of memory (" + sentence(memory) + "): try a smaller --batch, or more heap with"
                                + " VERNIER_JAVA_OPTS=-Xmx…"));
            case InternalError fault
            when isLostPage(fault) ->
                invalidInput(List.of("a model or data file was cut short while it was being read;"
                        + " run the command again on files that nobody changes"));
            default -> new Failure(ExitCode.BUG, "bug", List.of(problem.toString()));
        };
    }

    /// What Java makes of the signal that a mapped page is gone; native code gets the signal itself and dies of it.
    private static boolean isLostPage(InternalError fault) {
        return fault.getMessage() != null && fault.getMessage().contains("unsafe memory access");
    }

    private static Failure invalidInput(List<String> problems) {
        return new Failure(ExitCode.INVALID_INPUT, "invalidInput", problems);
    }

    private static String sentence(IOException problem) {
        return switch (problem) {
            case NoSuchFileException missing -> missing.getFile() + ": there is no such file";
            case FileNotFoundException missing -> sentence((Throwable) missing);
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case FileSystemException failed ->
                failed.getFile() + ": " + (failed.getReason() == null ? "not accessible" : failed.getReason());
            default -> sentence((Throwable) problem);
        };
    }

    private static String sentence(Throwable problem) {
        String message = problem.getMessage();
        return message == null ? problem.toString() : message;
    }

    private static void print(CommandLine command, Failure failure, boolean json) {
        String name = command.getCommandSpec().qualifiedName();
        PrintWriter err = command.getErr();
        if (failure.problems().size() == 1) {
            err.println(name + ": " + Shown.line(failure.problems().getFirst()));
        } else {
            err.println(name + ": " + failure.problems().size() + " problems");
            failure.problems().forEach(problem -> err.println("  - " + Shown.line(problem)));
        }
        if (json) {
            Map<String, Object> error = Map.of(
                    "kind", failure.kind(), "exitCode", failure.exitCode().code(), "problems", failure.problems());
            command.getOut().println(Json.text(Map.of("command", command.getCommandName(), "error", error)));
            command.getOut().flush();
        }
    }

    private static boolean asksForJson(String[] args) {
        return contains(args, "--json");
    }

    private static boolean contains(String[] args, String option) {
        return Arrays.stream(args).takeWhile(arg -> !arg.equals("--")).anyMatch(option::equals);
    }
}
