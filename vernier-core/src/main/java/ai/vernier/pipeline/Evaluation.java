package ai.vernier.pipeline;

import ai.vernier.data.Batch;
import ai.vernier.data.Metric;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.Score;
import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.List;

/// What a model scores on labelled samples.
///
/// @param scores one per metric, in the order asked
/// @param seconds wall time of the forward passes alone
public record Evaluation(List<Score> scores, double seconds) {
    public Evaluation {
        scores = List.copyOf(scores);
    }

    /// Runs `model` over all of `data` once and judges its first output.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where data, output and labels do not fit each other
    public static Evaluation of(Forward model, LabelledSamples data, List<Metric> metrics, ProgressListener progress) {
        List<Score> scores = new ArrayList<>();
        metrics.forEach(metric -> scores.add(Score.none(metric.name())));
        long nanos = 0;
        progress.started("evaluate", data.samples().size());
        for (Batch batch : data.samples().batches(data.batch())) {
            long start = System.nanoTime();
            TensorData output = model.run(batch.inputs()).values().iterator().next();
            nanos += System.nanoTime() - start;
            long[] labels = data.labels().range(batch.first(), batch.count());
            for (int i = 0; i < metrics.size(); i++) {
                scores.set(i, scores.get(i).merge(metrics.get(i).measure(output, labels)));
            }
            progress.advanced(batch.first() + batch.count());
        }
        progress.finished();
        return new Evaluation(scores, nanos / 1e9);
    }
}
