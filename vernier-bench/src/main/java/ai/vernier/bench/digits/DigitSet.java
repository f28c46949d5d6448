package ai.vernier.bench.digits;

import ai.vernier.onnx.TensorData;

/// Images with their labels.
final class DigitSet {
    private final float[] images;
    private final long[] labels;

    /// Wraps the arrays.
    ///
    /// @param images `labels.length` images one after another, row by row, each pixel in [0, 1]; not copied
    DigitSet(float[] images, long[] labels) {
        this.images = images;
        this.labels = labels;
    }

    int count() {
        return labels.length;
    }

    /// Float32 of shape [count, 1, 20, 20].
    TensorData images() {
        return TensorData.ofFloats(images, count(), 1, Digits.SIZE, Digits.SIZE);
    }

    /// Int64 of shape [count].
    TensorData labels() {
        return TensorData.ofLongs(labels, count());
    }

    /// The share of images whose largest logit is that of their label.
    ///
    /// @param logits float32 [count, 10]
    double accuracy(TensorData logits) {
        int hits = 0;
        for (int i = 0; i < labels.length; i++) {
            hits += largest(logits, i) == labels[i] ? 1 : 0;
        }
        return (double) hits / labels.length;
    }

    private static long largest(TensorData logits, int row) {
        long columns = logits.dim(1);
        long best = 0;
        for (long j = 1; j < columns; j++) {
            best = logits.floatAt(row * columns + j) > logits.floatAt(row * columns + best) ? j : best;
        }
        return best;
    }
}
