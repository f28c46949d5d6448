package ai.vernier.cli;

import ai.vernier.analyze.ModelSummary;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.PassLog;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.pipeline.Quantization;
import ai.vernier.recipe.Plan;
import ai.vernier.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows what a model consists of, and with `--plan` which grid each tensor would get and why.
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Versions.class,
        header = "Shows what is in a model: inputs, outputs, operators, sizes, cost, and what runs natively.",
        description = {
            "%nNothing is executed. Multiply-accumulates and memory follow from the shapes; where the model leaves one"
                    + " open, say with --dim what to take it for.%n"
        },
        footer = {
            "%nExamples:",
            "  vernier inspect model.onnx",
            "  vernier inspect detector.onnx --dim height=320 --dim width=480",
            "  vernier inspect model.onnx --json | jq .operators",
            "  vernier inspect model.onnx --passes",
            "  vernier inspect model.onnx --plan --exclude-op Softmax --weight-bits 4",
        })
final class InspectCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL.onnx", description = "An ONNX model.")
    private Path file = Path.of("");

    @Option(
            names = "--dim",
            paramLabel = "NAME=EXTENT",
            description = "What to take an open dimension for, by its name or as INPUT:AXIS. Repeatable. Without it the"
                    + " first axis of an input counts one sample, and what hangs on another open one is unknown.")
    private List<String> dimensions = new ArrayList<>();

    @Option(names = "--plan", description = "Also show which grid each tensor would get, and the rule that says so.")
    private boolean withPlan;

    @Option(
            names = "--passes",
            description = "Also show how the graph would be cleaned up first: by which pass, where, and why not.")
    private boolean withPasses;

    @ArgGroup(validate = false, heading = "%nWith --passes and --plan, what would be quantized, and how:%n")
    private RecipeOptions recipeOptions = new RecipeOptions();

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() {
        Findings findings = new Findings();
        Optional<Model> read = findings.collect(() -> OnnxReader.read(file));
        Optional<Map<String, Long>> extents = findings.collect(() -> DimensionArguments.parse(dimensions));
        findings.throwIfAny();
        Model model = read.orElseThrow();
        Answer report = InspectReport.of(file, model, ModelSummary.of(model, extents.orElseThrow()));
        Map<String, Object> fields = new LinkedHashMap<>(report.fields());
        List<String> lines = new ArrayList<>(report.lines());
        if (withPasses || withPlan) {
            describeStages(model, fields, lines);
        }
        output.print(new Answer(fields, lines));
        return ExitCode.DONE.code();
    }

    /// Passes and plan as `vernier quantize` would have them.
    private void describeStages(Model model, Map<String, Object> fields, List<String> lines) {
        Recipe recipe = recipeOptions.recipe(null);
        PassResult prepared = Quantization.prepare(model, recipe);
        if (withPasses) {
            describePasses(prepared.log(), fields, lines);
        }
        if (withPlan) {
            Plan plan = Quantization.plan(prepared.model(), recipe);
            fields.put("plan", PlanFields.of(plan));
            lines.add("");
            plan.toText().lines().forEach(lines::add);
        }
    }

    private static void describePasses(PassLog log, Map<String, Object> fields, List<String> lines) {
        fields.put("passes", log.entries().stream().map(InspectCommand::fields).toList());
        lines.add("");
        lines.add("%d rewrites applied, %d skipped"
                .formatted(log.applied().size(), log.skipped().size()));
        log.entries().forEach(entry -> lines.add("  " + text(entry)));
    }

    private static Map<String, Object> fields(PassLog.Entry entry) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pass", entry.pass());
        fields.put("node", entry.node());
        switch (entry.outcome()) {
            case Outcome.Applied(String description) -> fields.put("applied", description);
            case Outcome.Skipped(String reason) -> fields.put("skipped", reason);
        }
        return fields;
    }

    private static String text(PassLog.Entry entry) {
        String outcome = switch (entry.outcome()) {
            case Outcome.Applied(String description) -> description;
            case Outcome.Skipped(String reason) -> "skipped: " + reason;
        };
        return "%-22s  %s: %s".formatted(entry.pass(), entry.node(), outcome);
    }
}
