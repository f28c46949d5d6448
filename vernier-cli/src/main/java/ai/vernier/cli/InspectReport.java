package ai.vernier.cli;

import ai.vernier.analyze.ActivationMemory;
import ai.vernier.analyze.FunctionUse;
import ai.vernier.analyze.InputDimensions;
import ai.vernier.analyze.ModelSummary;
import ai.vernier.analyze.OperatorUse;
import ai.vernier.engine.Runner;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Draws what is in a model: as fields, and as lines of at most 100 columns.
final class InspectReport {
    private static final int COLUMNS = 100;

    /// More inputs or outputs than this, such as the caches of language models, are not shown one by one.
    private static final int MOST_VALUES = 16;

    /// Width of the first column, where the rows have their titles.
    private static final int TITLE = 24;

    private final Model model;
    private final ModelSummary summary;
    private final Map<String, Object> fields = new LinkedHashMap<>();
    private final List<String> lines = new ArrayList<>();

    private InspectReport(Model model, ModelSummary summary) {
        this.model = model;
        this.summary = summary;
    }

    static Answer of(Path file, Model model, ModelSummary summary) {
        InspectReport report = new InspectReport(model, summary);
        report.origin(file);
        report.inputsAndOutputs();
        report.costs();
        report.structure();
        report.operators();
        return new Answer(report.fields, report.lines);
    }

    // ---- where it comes from, what goes in and out

    private void origin(Path file) {
        Map<String, Object> opsets = new LinkedHashMap<>();
        model.operatorSets().forEach(set -> opsets.put(domain(set), set.version()));
        fields.put("model", file.toString());
        fields.put("irVersion", model.irVersion());
        fields.put("opsets", opsets);
        fields.put("producer", model.producer().name());
        fields.put("producerVersion", model.producer().version());
        String producer = (model.producer().name() + " " + model.producer().version()).strip();
        lines.add(file.toString());
        row("written by", producer.isEmpty() ? "an exporter that does not say its name" : producer);
        row("operator sets", opsetText());
    }

    /// `opset 13, com.microsoft 1, IR version 8`.
    private String opsetText() {
        String sets = model.operatorSets().stream()
                .map(set -> (set.domain().isEmpty() ? "opset" : set.domain()) + " " + set.version())
                .collect(Collectors.joining(", "));
        return (sets.isEmpty() ? "none stated" : sets) + ", IR version " + model.irVersion();
    }

    private static String domain(OperatorSet set) {
        return set.domain().isEmpty() ? "ai.onnx" : set.domain();
    }

    private void inputsAndOutputs() {
        Graph graph = model.graph();
        List<Value> optional = graph.inputs().stream()
                .filter(input -> graph.initializers().containsKey(input.name()))
                .toList();
        fields.put(
                "inputs",
                graph.requiredInputs().stream().map(InspectReport::fields).toList());
        fields.put("optionalInputs", optional.stream().map(Value::name).toList());
        fields.put(
                "outputs", graph.outputs().stream().map(InspectReport::fields).toList());
        values("input", graph.requiredInputs());
        if (!optional.isEmpty()) {
            row("optional inputs", "%d with a default in the file: %s".formatted(optional.size(), someNames(optional)));
        }
        values("output", graph.outputs());
    }

    private void values(String title, List<Value> values) {
        if (values.isEmpty()) {
            row(title, "none");
        }
        for (Value value : values.size() > MOST_VALUES ? values.subList(0, MOST_VALUES - 1) : values) {
            String type = text(value);
            row(title, fitted(value.name(), COLUMNS - TITLE - type.length() - 4) + "  " + type);
        }
        if (values.size() > MOST_VALUES) {
            row("", "and %d more; --json has them all".formatted(values.size() - MOST_VALUES + 1));
        }
    }

    private static Map<String, Object> fields(Value value) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", value.name());
        fields.put("type", type(value));
        fields.put("shape", value.shape().map(Shape::toString).orElse("?"));
        return fields;
    }

    private static String text(Value value) {
        return type(value) + value.shape().map(Shape::toString).orElse(" of unknown rank");
    }

    private static String type(Value value) {
        return value.elementType().map(DataType::text).orElse("not a tensor");
    }

    private static String someNames(List<Value> values) {
        return some(values.stream().map(Value::name).toList());
    }

    // ---- what it costs

    private void costs() {
        InputDimensions dimensions = summary.dimensions();
        Map<String, Object> taken = new LinkedHashMap<>();
        taken.put("given", dimensions.given());
        taken.put("assumed", dimensions.assumed());
        taken.put("unknown", dimensions.open());
        long macs = summary.multiplyAccumulates().total();
        List<String> unknown = summary.multiplyAccumulates().unknown();
        fields.put("parameters", summary.parameters());
        fields.put("weightBytes", summary.totalWeightBytes());
        fields.put("weightBytesByType", byType());
        fields.put("dimensions", taken);
        fields.put("multiplyAccumulates", macs);
        fields.put("multiplyAccumulatesUnknownFor", unknown);
        row("parameters", "%,d in %s".formatted(summary.parameters(), weights()));
        dimensionRows(dimensions);
        boolean nothingKnown = macs == 0 && !unknown.isEmpty();
        row(
                "multiply-accumulates",
                nothingKnown ? "unknown" : (unknown.isEmpty() ? "" : "at least ") + Units.count(macs));
        if (!unknown.isEmpty()) {
            row("", "not counted: %s".formatted(some(unknown)));
        }
        memory(summary.activations());
    }

    private Map<String, Long> byType() {
        Map<String, Long> bytes = new LinkedHashMap<>();
        summary.weightBytes().forEach((type, size) -> bytes.put(type.text(), size));
        return bytes;
    }

    /// `14.0 MB`, or by type where there are several: `3.6 MB (int8 3.5 MB, float 110.2 kB)`.
    private String weights() {
        String total = Units.bytes(summary.totalWeightBytes());
        String each = summary.weightBytes().entrySet().stream()
                .sorted(Map.Entry.<DataType, Long>comparingByValue().reversed())
                .map(entry -> entry.getKey().text() + " " + Units.bytes(entry.getValue()))
                .collect(Collectors.joining(", "));
        return summary.weightBytes().size() > 1 ? "%s (%s)".formatted(total, each) : total;
    }

    private void dimensionRows(InputDimensions dimensions) {
        List<String> rows = new ArrayList<>();
        dimensions.given().forEach((name, extent) -> rows.add("%s = %d, as given".formatted(name, extent)));
        dimensions
                .assumed()
                .forEach((name, extent) -> rows.add(
                        "%s = %d, assumed: one sample (--dim %s=… for another)".formatted(name, extent, name)));
        dimensions
                .open()
                .forEach(name -> rows.add("%s unknown, and what hangs on it (--dim %s=…)".formatted(name, name)));
        for (int i = 0; i < rows.size(); i++) {
            row(i == 0 ? "costs for" : "", rows.get(i));
        }
    }

    private void memory(ActivationMemory memory) {
        long total = memory.peakBytes() + summary.totalWeightBytes();
        Map<String, Object> sizes = new LinkedHashMap<>();
        sizes.put("totalBytes", total);
        sizes.put("weightBytes", summary.totalWeightBytes());
        sizes.put("activationPeakBytes", memory.peakBytes());
        sizes.put("peakNode", memory.peakNode());
        sizes.put("peakStep", memory.peakStep());
        sizes.put("unknownFor", memory.unknown());
        fields.put("memory", sizes);
        boolean known = memory.unknown().isEmpty();
        row(
                "memory",
                "%s%s: weights %s, live activations %s at their peak"
                        .formatted(
                                known ? "" : "at least ",
                                Units.bytes(total),
                                Units.bytes(summary.totalWeightBytes()),
                                Units.bytes(memory.peakBytes())));
        if (memory.peakStep() > 0 && memory.peakBytes() > 0) {
            String place = ", node %d of %d"
                    .formatted(memory.peakStep(), model.graph().nodes().size());
            row("", "reached at " + fitted(memory.peakNode(), COLUMNS - TITLE - 20 - place.length()) + place);
        }
        if (!known) {
            row("", "not counted, of unknown size: %s".formatted(some(memory.unknown())));
        }
    }

    // ---- what it is made of

    private void structure() {
        fields.put("nodes", summary.nodes());
        fields.put("subGraphs", summary.subGraphs());
        fields.put("functions", summary.functions());
        if (summary.subGraphs() > 0) {
            row("sub-graphs", "%d, whose nodes count below".formatted(summary.subGraphs()));
        }
        for (FunctionUse function : summary.functions()) {
            row(
                    "function",
                    "%s of %d nodes, which count below where it is called"
                            .formatted(function.name(), function.nodes()));
        }
    }

    private void operators() {
        Map<String, Object> runs = new LinkedHashMap<>();
        for (Runner runner : Runner.values()) {
            runs.put(
                    runner.name().toLowerCase(Locale.ROOT),
                    summary.uses(runner).stream().map(OperatorUse::operator).toList());
        }
        fields.put("operators", summary.operators());
        fields.put("runs", runs);
        row("nodes", summary.nodes() + ", " + runsText());
        lines.add("");
        int width = summary.uses().stream()
                .mapToInt(use -> use.operator().length())
                .max()
                .orElse(8);
        width = Math.clamp(width, "operator".length(), 46);
        lines.add("%8s  %s  %12s  %s".formatted("nodes", padded("operator", width), "MACs", "runs"));
        for (OperatorUse use : summary.uses()) {
            String macs = use.multiplyAccumulates() == 0 ? "" : Units.count(use.multiplyAccumulates());
            lines.add("%8d  %s  %12s  %s"
                    .formatted(use.nodes(), padded(fitted(use.operator(), width), width), macs, text(use.runner())));
        }
    }

    private String runsText() {
        int fallback = nodes(Runner.FALLBACK);
        int unsupported = nodes(Runner.UNSUPPORTED);
        if (fallback + unsupported == 0) {
            return "all native";
        }
        List<String> parts = new ArrayList<>(List.of(nodes(Runner.NATIVE) + " native"));
        if (fallback > 0) {
            parts.add(fallback + " through ONNX Runtime");
        }
        if (unsupported > 0) {
            parts.add(unsupported + " unsupported, so that it cannot run");
        }
        return String.join(", ", parts);
    }

    private int nodes(Runner runner) {
        return summary.uses(runner).stream().mapToInt(OperatorUse::nodes).sum();
    }

    private static String text(Runner runner) {
        return switch (runner) {
            case NATIVE -> "native";
            case FALLBACK -> "ONNX Runtime, if it knows it";
            case UNSUPPORTED -> "unsupported";
        };
    }

    // ---- lines

    private void row(String title, String text) {
        lines.add(fitted("  " + padded(title, TITLE - 2) + text, COLUMNS));
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    /// The text itself, or its two ends where it is too long.
    private static String fitted(String text, int width) {
        int kept = Math.max(width, 9) - 1;
        return text.length() <= kept + 1
                ? text
                : text.substring(0, kept / 2) + "…" + text.substring(text.length() - (kept - kept / 2));
    }

    /// As many names as fit a row, and how many more there are.
    private static String some(List<String> names) {
        StringBuilder text = new StringBuilder();
        int shown = 0;
        for (String name : names) {
            String next = (shown == 0 ? "" : ", ") + fitted(name, 40);
            if (shown > 0 && text.length() + next.length() > COLUMNS - TITLE - 40) {
                break;
            }
            text.append(next);
            shown++;
        }
        return shown == names.size() ? text.toString() : "%s and %d more".formatted(text, names.size() - shown);
    }
}
