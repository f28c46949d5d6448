package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;

/// A classifier's output seen as rows of scores, one row per decision: the class axis is the last one
/// with more than one element, so `[N,1000]`, `[N,1000,1,1]` and `[N,128,512]` have N, N and 128·N
/// rows.
final class ClassScores {
    private final float[] scores;
    private final int classes;

    private ClassScores(float[] scores, int classes) {
        this.scores = scores;
        this.classes = classes;
    }

    /// @throws InvalidInputException where the output is not FLOAT or has no class axis
    static ClassScores of(TensorData output) {
        long[] dims = output.dims();
        int axis = dims.length - 1;
        while (axis > 0 && dims[axis] == 1) {
            axis--;
        }
        if (output.dataType() != DataType.FLOAT || axis < 1) {
            throw new InvalidInputException(
                    "output %s holds no class scores; expected float[samples,classes]: choose another output or metric"
                            .formatted(output));
        }
        return new ClassScores(output.toFloats(), Math.toIntExact(dims[axis]));
    }

    int rows() {
        return scores.length / classes;
    }

    int classes() {
        return classes;
    }

    /// The class of the highest score of `row`, the lowest such class among equals; NaN counts as the
    /// lowest score.
    int best(int row) {
        int start = row * classes;
        int best = start;
        for (int i = start + 1; i < start + classes; i++) {
            if (scores[i] > scores[best] || (Float.isNaN(scores[best]) && !Float.isNaN(scores[i]))) {
                best = i;
            }
        }
        return best - start;
    }

    /// How many classes come before `label` when `row` is sorted from the highest score down, equals by
    /// class.
    int rank(int row, int label) {
        int start = row * classes;
        float own = scores[start + label];
        if (Float.isNaN(own)) {
            return classes;
        }
        int before = 0;
        for (int i = 0; i < classes; i++) {
            float other = scores[start + i];
            before += other > own || (other == own && i < label) ? 1 : 0;
        }
        return before;
    }

    @Override
    public String toString() {
        return classes + " classes: " + Arrays.toString(scores);
    }
}
