package ai.vernier.bench.conformance;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Compares an output with what is expected: type, shape and values.
///
///     |actual − expected| ≤ absolute · scale + relative · |expected|,  NaN = NaN
///
/// The tolerances are those of ONNX's own test runner, 1e-3 and 1e-7; half-width types get at least one unit in the
/// last place, everything without a fraction of its own (integers, Booleans, 8- and 4-bit floats) none at
/// all. The scale is 1, or for operators whose sums cancel, which leaves the round-off of their largest
/// terms, the largest |expected| where that is more.
final class Agreement {
    private static final double RELATIVE = 1e-3;
    private static final double ABSOLUTE = 1e-7;
    private static final double BFLOAT16_ULP = 1.0 / 128;
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Agreement() {}

    /// What is wrong with `actual`; empty where it agrees.
    ///
    /// @param cancels whether the values are sums whose terms may be much larger
    static Optional<String> difference(TensorData expected, TensorData actual, boolean cancels) {
        return shapeDifference(expected, actual)
                .or(() -> valueDifference(expected, actual, cancels ? Math.max(1, largest(expected)) : 1));
    }

    /// What is wrong with type and shape of `actual`, the values being random.
    static Optional<String> shapeDifference(TensorData expected, TensorData actual) {
        return expected.dataType() == actual.dataType() && Arrays.equals(expected.dims(), actual.dims())
                ? Optional.empty()
                : Optional.of("expected %s, found %s".formatted(expected, actual));
    }

    private static Optional<String> valueDifference(TensorData expected, TensorData actual, double scale) {
        if (!hasFraction(expected.dataType())) {
            long mismatch = expected.bytes().mismatch(actual.bytes());
            return mismatch < 0
                    ? Optional.empty()
                    : Optional.of("%s differs from byte %d on".formatted(expected, mismatch));
        }
        double relative = expected.dataType() == DataType.BFLOAT16 ? BFLOAT16_ULP : RELATIVE;
        long count = expected.elementCount();
        double absolute = ABSOLUTE * scale;
        int wrong = 0;
        double worst = 0;
        for (long i = 0; i < count; i++) {
            double want = at(expected, i);
            double excess = Math.abs(at(actual, i) - want) - absolute - relative * Math.abs(want);
            if (!same(want, at(actual, i)) && !(excess <= 0)) {
                wrong++;
                worst = Math.max(worst, Math.abs(at(actual, i) - want));
            }
        }
        return wrong == 0
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT, "%s: %d of %d differ, by up to %.3g", expected, wrong, count, worst));
    }

    private static double largest(TensorData tensor) {
        double largest = 0;
        for (long i = 0; i < tensor.elementCount(); i++) {
            double value = Math.abs(at(tensor, i));
            largest = value < Double.POSITIVE_INFINITY ? Math.max(largest, value) : largest;
        }
        return largest;
    }

    private static boolean hasFraction(DataType type) {
        return type.isFloatingPoint() && type.bits() >= Short.SIZE;
    }

    private static boolean same(double expected, double actual) {
        return expected == actual || (Double.isNaN(expected) && Double.isNaN(actual));
    }

    private static double at(TensorData tensor, long index) {
        return switch (tensor.dataType()) {
            case FLOAT -> tensor.floatAt(index);
            case DOUBLE -> tensor.bytes().getAtIndex(DOUBLE, index);
            case FLOAT16 -> Float.float16ToFloat(tensor.bytes().getAtIndex(SHORT, index));
            case BFLOAT16 -> Float.intBitsToFloat(tensor.bytes().getAtIndex(SHORT, index) << Short.SIZE);
            default -> throw new IllegalArgumentException("no tolerance for " + tensor);
        };
    }
}
