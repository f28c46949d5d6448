package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Compares two tensors.
///
///     |found − expected| ≤ tolerance · max(1, |expected|),  NaN = NaN
///
/// The tolerance is some tens of units in the last place: 2e-5 for float32, where sums of some tens of products of
/// size 1 to 10 come in another order.
final class Difference {
    /// ONNX Runtime has the largest float where others have an infinite one.
    private static final double INFINITE = 1e38;

    private Difference() {}

    /// What is wrong with `found`; empty where it agrees.
    static Optional<String> of(TensorData expected, TensorData found, Sketch sketch) {
        if (expected.dataType() != found.dataType() || !Arrays.equals(expected.dims(), found.dims())) {
            return Optional.of("expected %s, found %s".formatted(expected, found));
        }
        if (sketch.isShapesOnly()) {
            return Optional.empty();
        }
        boolean reals = Numbers.holdsReals(expected.dataType());
        double tolerance = tolerance(expected.dataType()) * sketch.slack(expected.dataType());
        long[] wanted = reals ? new long[0] : expected.toLongs();
        long[] given = reals ? new long[0] : found.toLongs();
        for (int i = 0; i < expected.elementCount(); i++) {
            boolean same = reals
                    ? close(Numbers.at(expected, i), Numbers.at(found, i), tolerance)
                    : Math.abs(wanted[i] - given[i]) <= sketch.steps();
            if (!same) {
                return Optional.of(
                        reals
                                ? text(i, Numbers.at(expected, i), Numbers.at(found, i))
                                : "[%d] expected %d, found %d".formatted(i, wanted[i], given[i]));
            }
        }
        return Optional.empty();
    }

    private static String text(int index, double expected, double found) {
        return String.format(Locale.ROOT, "[%d] expected %.8g, found %.8g", index, expected, found);
    }

    private static boolean close(double expected, double found, double tolerance) {
        if (Double.isNaN(expected) || Double.isNaN(found)) {
            return Double.isNaN(expected) && Double.isNaN(found);
        }
        if (Math.abs(expected) > INFINITE) {
            return Math.signum(expected) == Math.signum(found) && Math.abs(found) > INFINITE;
        }
        return expected == found || Math.abs(expected - found) <= tolerance * Math.max(1, Math.abs(expected));
    }

    private static double tolerance(DataType type) {
        return switch (type) {
            case DOUBLE -> 1e-9;
            case FLOAT16 -> 4e-3;
            case BFLOAT16 -> 4e-2;
            default -> 2e-5;
        };
    }
}
