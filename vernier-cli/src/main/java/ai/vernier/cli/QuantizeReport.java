package ai.vernier.cli;

import ai.vernier.pipeline.Summary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What `vernier quantize` says at the end: accuracy and size before and after, and where the files are.
final class QuantizeReport {
    private QuantizeReport() {}

    static Answer of(Path model, Path out, Summary summary) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("model", model.toString());
        fields.put("out", out.toString());
        fields.put("summary", summary);
        return new Answer(fields, lines(out, summary));
    }

    private static List<String> lines(Path out, Summary summary) {
        List<String> lines = new ArrayList<>();
        lines.add(row("", "float", "quantized"));
        Summary.Accuracy accuracy = summary.accuracy();
        if (accuracy != null) {
            addScores(accuracy, lines);
        }
        lines.add(row("model.onnx", bytes(summary, "float"), bytes(summary, "quantized")));
        if (accuracy != null) {
            lines.add("Both decide for the same class in %s of %d samples."
                    .formatted(Units.percent(accuracy.agreement()), accuracy.samples()));
        }
        lines.add("%d tensors on integer grids, %d in float; calibrated on %d samples in %s."
                .formatted(
                        summary.quantizedTensors(),
                        summary.floatTensors(),
                        summary.calibrationSamples(),
                        Units.duration(total(summary))));
        summary.notes().forEach(note -> lines.add("Note: " + note));
        lines.add("Written to " + out + ": model.onnx, model.encodings, recipe.yaml, summary.json");
        return lines;
    }

    private static void addScores(Summary.Accuracy accuracy, List<String> lines) {
        accuracy.original().forEach((metric, value) -> {
            double quantized = accuracy.quantized().getOrDefault(metric, Double.NaN);
            lines.add(row(metric, Units.percent(value), Units.percent(quantized)));
        });
    }

    private static String row(String name, String original, String quantized) {
        return "%-16s %12s %12s".formatted(name, original, quantized);
    }

    private static Duration total(Summary summary) {
        double seconds = summary.seconds().values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
        return Duration.ofMillis((long) (1000 * seconds));
    }

    private static String bytes(Summary summary, String which) {
        return Units.bytes(summary.bytes().getOrDefault(which, 0L));
    }
}
