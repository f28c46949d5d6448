package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;

/// The share of samples whose true class is among the `k` highest scores; of equal scores the lower
/// class comes first, as in argmax.
public record TopK(int k) implements Metric {
    public TopK {
        if (k < 1) {
            throw new IllegalArgumentException("top-k needs k ≥ 1, found " + k);
        }
    }

    @Override
    public String name() {
        return "top" + k;
    }

    /// @param output float[samples,classes], further axes of extent 1 allowed
    @Override
    public Score measure(TensorData output, long[] labels) {
        ClassScores scores = ClassScores.of(output);
        if (scores.rows() != labels.length) {
            throw new InvalidInputException("%s: output %s has %d rows of scores for %d labels"
                    .formatted(name(), output, scores.rows(), labels.length));
        }
        long hits = 0;
        for (int row = 0; row < labels.length; row++) {
            if (labels[row] >= scores.classes()) {
                throw new InvalidInputException(
                        "%s: label %d is beyond the model's %d classes (0 … %d); check the labels' numbering"
                                .formatted(name(), labels[row], scores.classes(), scores.classes() - 1));
            }
            hits += scores.rank(row, (int) labels[row]) < k ? 1 : 0;
        }
        return new Score(name(), hits, labels.length);
    }
}
