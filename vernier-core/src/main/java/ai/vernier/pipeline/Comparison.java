package ai.vernier.pipeline;

import ai.vernier.data.Agreement;
import ai.vernier.data.Batch;
import ai.vernier.data.Difference;
import ai.vernier.data.Metric;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.Score;
import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.List;

/// A quantized model beside its float original on the same labelled samples, judged by their first outputs.
///
/// @param original scores of the float model, one per metric
/// @param quantized scores of the quantized model, in the same order
/// @param agreement how often both decide for the same class
/// @param difference of the quantized output from the float one
public record Comparison(List<Score> original, List<Score> quantized, Agreement agreement, Difference difference) {
    public Comparison {
        original = List.copyOf(original);
        quantized = List.copyOf(quantized);
    }

    /// Runs both models over all of `data`, batch by batch.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where data, outputs and labels do not fit each other
    public static Comparison of(Pair models, LabelledSamples data, List<Metric> metrics, ProgressListener progress) {
        Comparison sum = none(metrics);
        progress.started("evaluate", data.samples().size());
        for (Batch batch : data.samples().batches(data.batch())) {
            long[] labels = data.labels().range(batch.first(), batch.count());
            TensorData expected = firstOutput(models.original(), batch);
            TensorData found = firstOutput(models.quantized(), batch);
            sum = sum.merge(new Comparison(
                    scores(metrics, expected, labels),
                    scores(metrics, found, labels),
                    Agreement.of(expected, found),
                    Difference.of(expected, found)));
            progress.advanced(batch.first() + batch.count());
        }
        progress.finished();
        return sum;
    }

    /// The two models to compare.
    public record Pair(Forward original, Forward quantized) {}

    private static Comparison none(List<Metric> metrics) {
        List<Score> scores =
                metrics.stream().map(metric -> Score.none(metric.name())).toList();
        return new Comparison(scores, scores, Agreement.NONE, Difference.NONE);
    }

    private static TensorData firstOutput(Forward model, Batch batch) {
        return model.run(batch.inputs()).values().iterator().next();
    }

    private static List<Score> scores(List<Metric> metrics, TensorData output, long[] labels) {
        return metrics.stream().map(metric -> metric.measure(output, labels)).toList();
    }

    private Comparison merge(Comparison that) {
        return new Comparison(
                merge(original, that.original),
                merge(quantized, that.quantized),
                agreement.merge(that.agreement),
                difference.merge(that.difference));
    }

    private static List<Score> merge(List<Score> left, List<Score> right) {
        List<Score> merged = new ArrayList<>();
        for (int i = 0; i < left.size(); i++) {
            merged.add(left.get(i).merge(right.get(i)));
        }
        return merged;
    }
}
