package ai.vernier.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Says what this machine offers, and tries out what Vernier needs of it.
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        versionProvider = Versions.class,
        header = "Says what this machine offers, and tries what Vernier needs of it.",
        description = "%nLooks at Java, processor, memory and disk; runs a tiny model on LibTorch and ONNX Runtime.%n",
        footer = {
            "%nThe exit code is 70 where a check fails.",
            "%nExamples:",
            "  vernier doctor",
            "  vernier doctor --json | jq '.checks[] | select(.status != \"ok\")'",
        })
final class DoctorCommand implements Callable<Integer> {
    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() {
        List<Check> checks = new ArrayList<>(MachineChecks.all(Path.of("")));
        checks.addAll(NativeChecks.all());
        boolean healthy = checks.stream().noneMatch(check -> check.status() == Check.Status.FAILED);
        output.print(new Answer(fields(checks, healthy), lines(checks, healthy)));
        return (healthy ? ExitCode.DONE : ExitCode.BUG).code();
    }

    private static Map<String, Object> fields(List<Check> checks, boolean healthy) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("healthy", healthy);
        fields.put("checks", checks.stream().map(DoctorCommand::fields).toList());
        return fields;
    }

    private static Map<String, Object> fields(Check check) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", check.name());
        fields.put("status", check.status().text());
        fields.put("found", check.found());
        return fields;
    }

    private static List<String> lines(List<Check> checks, boolean healthy) {
        List<String> lines = new ArrayList<>();
        for (Check check : checks) {
            lines.add("  %-8s %-16s %s".formatted(check.status().text(), check.name(), check.found()));
        }
        lines.add(healthy ? "All is well." : "Something is missing: see the lines marked 'failed'.");
        return lines;
    }
}
