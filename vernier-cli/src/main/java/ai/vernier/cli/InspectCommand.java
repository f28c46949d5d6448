package ai.vernier.cli;

import ai.vernier.analyze.ModelSummary;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.PassLog;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.pipeline.Quantization;
import ai.vernier.recipe.Plan;
import ai.vernier.recipe.PlanResolver;
import ai.vernier.recipe.Recipe;
import ai.vernier.target.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
        header = "Shows what is in a model: inputs, outputs, operators, sizes, cost.",
        description = "%nNothing is executed; shapes that the model leaves open count as unknown.%n",
        footer = {
            "%nExamples:",
            "  vernier inspect model.onnx",
            "  vernier inspect model.onnx --json | jq .operators",
            "  vernier inspect model.onnx --passes",
            "  vernier inspect model.onnx --plan --exclude-op Softmax --weight-bits 4",
        })
final class InspectCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL.onnx", description = "An ONNX model.")
    private Path file = Path.of("");

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
        Model model = OnnxReader.read(file);
        ModelSummary summary = ModelSummary.of(model);
        Map<String, Object> fields = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        describeModel(model, fields, lines);
        describeSummary(summary, fields, lines);
        if (withPasses || withPlan) {
            describeStages(model, fields, lines);
        }
        output.print(new Answer(fields, lines));
        return ExitCode.DONE.code();
    }

    private void describeModel(Model model, Map<String, Object> fields, List<String> lines) {
        Map<String, Object> opsets = new LinkedHashMap<>();
        model.operatorSets().forEach(set -> opsets.put(domain(set), set.version()));
        List<Value> inputs = model.graph().requiredInputs();
        List<Value> outputs = model.graph().outputs();
        fields.put("model", file.toString());
        fields.put("irVersion", model.irVersion());
        fields.put("opsets", opsets);
        fields.put("producer", model.producer().name());
        fields.put("inputs", inputs.stream().map(InspectCommand::fields).toList());
        fields.put("outputs", outputs.stream().map(InspectCommand::fields).toList());
        String producer = model.producer().name() + " " + model.producer().version();
        lines.add("%s: %s, IR %d, by %s".formatted(file, opsetText(model), model.irVersion(), producer.strip()));
        inputs.forEach(value -> lines.add("  input   " + text(value)));
        outputs.forEach(value -> lines.add("  output  " + text(value)));
    }

    /// `opset 13, com.microsoft 1`.
    private static String opsetText(Model model) {
        return model.operatorSets().stream()
                .map(set -> (set.domain().isEmpty() ? "opset" : set.domain()) + " " + set.version())
                .collect(Collectors.joining(", "));
    }

    private static String domain(OperatorSet set) {
        return set.domain().isEmpty() ? "ai.onnx" : set.domain();
    }

    private static Map<String, Object> fields(Value value) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", value.name());
        fields.put("type", type(value));
        fields.put("shape", value.shape().map(Shape::toString).orElse("?"));
        return fields;
    }

    private static String text(Value value) {
        return value.name() + "  " + type(value)
                + value.shape().map(Shape::toString).orElse(" of unknown rank");
    }

    private static String type(Value value) {
        return value.elementType().map(DataType::text).orElse("not a tensor");
    }

    private static void describeSummary(ModelSummary summary, Map<String, Object> fields, List<String> lines) {
        long total = summary.multiplyAccumulates().total();
        List<String> unknown = summary.multiplyAccumulates().unknown();
        fields.put("nodes", summary.nodes());
        fields.put("parameters", summary.parameters());
        fields.put("weightBytes", summary.weightBytes());
        fields.put("multiplyAccumulates", total);
        fields.put("multiplyAccumulatesUnknownFor", unknown);
        fields.put("operators", summary.operators());
        lines.add("  %,d parameters, %s; %s multiply-accumulates per sample%s"
                .formatted(
                        summary.parameters(),
                        Units.bytes(summary.weightBytes()),
                        Units.count(total),
                        unknown.isEmpty() ? "" : " and those of %d nodes of unknown shape".formatted(unknown.size())));
        lines.add("  %d nodes".formatted(summary.nodes()));
        summary.operators().forEach((operator, count) -> lines.add("  %6d  %s".formatted(count, operator)));
    }

    /// Passes and plan as `vernier quantize` would have them.
    private void describeStages(Model model, Map<String, Object> fields, List<String> lines) {
        Recipe recipe = recipeOptions.recipe(null);
        PassResult prepared = Quantization.prepare(model, recipe);
        if (withPasses) {
            describePasses(prepared.log(), fields, lines);
        }
        if (withPlan) {
            Plan plan = PlanResolver.resolve(recipe, prepared.model(), Target.load(recipe.target()));
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
