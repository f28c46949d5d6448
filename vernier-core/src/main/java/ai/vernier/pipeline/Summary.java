package ai.vernier.pipeline;

import ai.vernier.data.Score;
import ai.vernier.onnx.Node;
import ai.vernier.recipe.Decision;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What `summary.json` says of a quantization: sizes, times, layers, and accuracy where it was evaluated.
///
/// @param bytes size of the model files, `float` and `quantized`
/// @param operators nodes of the prepared graph by operator type
/// @param quantizedTensors tensors on an integer grid
/// @param floatTensors tensors that stay in floating point
/// @param seconds wall time by stage
/// @param accuracy absent where nothing was evaluated
public record Summary(
        Map<String, Long> bytes,
        Map<String, Long> operators,
        long quantizedTensors,
        long floatTensors,
        long calibrationSamples,
        Map<String, Double> seconds,
        List<String> notes,
        @Nullable Accuracy accuracy) {
    /// Scores by metric, the share of equal decisions, and the noise of the output in dB (absent where there is none).
    public record Accuracy(
            long samples,
            Map<String, Double> original,
            Map<String, Double> quantized,
            double agreement,
            @Nullable Double sqnr) {
        static Accuracy of(Comparison comparison) {
            double sqnr = comparison.difference().sqnr();
            return new Accuracy(
                    comparison.agreement().rows(),
                    byMetric(comparison.original()),
                    byMetric(comparison.quantized()),
                    comparison.agreement().value(),
                    Double.isFinite(sqnr) ? sqnr : null);
        }

        private static Map<String, Double> byMetric(List<Score> scores) {
            Map<String, Double> values = new LinkedHashMap<>();
            scores.forEach(score -> values.put(score.metric(), score.value()));
            return values;
        }
    }

    /// Sums up a quantization.
    ///
    /// @param bytes size of the model files, `float` and `quantized`
    public static Summary of(Quantization quantization, Map<String, Long> bytes, Optional<Comparison> comparison) {
        Map<String, Long> operators = new TreeMap<>();
        for (Node node : quantization.quantized().model().graph().nodes()) {
            operators.merge(node.qualifiedType(), 1L, Long::sum);
        }
        Map<String, Decision> plan = quantization.quantized().plan().tensors();
        long kept = plan.values().stream()
                .filter(Decision.KeepFloat.class::isInstance)
                .count();
        return new Summary(
                bytes,
                operators,
                plan.size() - kept,
                kept,
                quantization.calibrationSamples(),
                quantization.seconds(),
                quantization.quantized().notes(),
                comparison.map(Accuracy::of).orElse(null));
    }
}
