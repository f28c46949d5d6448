package ai.vernier.data;

import ai.vernier.onnx.TensorData;

/// How often two models decide for the same class, argmax of each row of scores; needs no labels.
///
/// @param equal rows with the same argmax
/// @param rows rows compared
public record Agreement(long equal, long rows) {
    /// Nothing compared yet.
    public static final Agreement NONE = new Agreement(0, 0);

    /// Compares two outputs of the same shape; classes lie along the last axis with more than one element.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where they hold no class scores
    public static Agreement of(TensorData reference, TensorData other) {
        ClassScores expected = ClassScores.of(reference);
        ClassScores found = ClassScores.of(other);
        if (expected.rows() != found.rows() || expected.classes() != found.classes()) {
            throw new IllegalArgumentException("cannot compare %s with %s".formatted(reference, other));
        }
        long equal = 0;
        for (int row = 0; row < expected.rows(); row++) {
            equal += expected.best(row) == found.best(row) ? 1 : 0;
        }
        return new Agreement(equal, expected.rows());
    }

    /// The share of equal decisions, 0 … 1; NaN where there was none.
    public double value() {
        return (double) equal / rows;
    }

    public Agreement merge(Agreement that) {
        return new Agreement(equal + that.equal, rows + that.rows);
    }
}
