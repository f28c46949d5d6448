package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.OptionalLong;

/// Brings elements into the type that a model input takes.
///
/// - integers and booleans become any wider or narrower integer, or float, as long as every value is
///   kept exactly;
/// - floats become any other float type, rounded to nearest even (float64 data for a float32 input is
///   NumPy's default);
/// - floats never become integers.
///
/// @param tensor the converted elements
/// @param firstBad index of the first element that the type cannot hold, or that is NaN or infinite
record Conversion(TensorData tensor, OptionalLong firstBad) {
    /// Whether elements of type `from` can become `to` at all.
    static boolean isPossible(DataType from, DataType to) {
        if (from == to) {
            return true;
        }
        boolean integers = from.isInteger() || from == DataType.BOOL;
        boolean known = to.bits() >= 8 && (to.isInteger() || to == DataType.BOOL);
        return (integers && known) || (FloatElements.canHold(to) && (integers || FloatElements.canHold(from)));
    }

    /// Converts, and looks for elements that cannot be used.
    static Conversion of(TensorData tensor, DataType to) {
        DataType from = tensor.dataType();
        if (!from.isFloatingPoint()) {
            return from == to ? new Conversion(tensor, OptionalLong.empty()) : ofIntegers(tensor, to);
        }
        TensorData converted = from == to ? tensor : FloatElements.write(FloatElements.read(tensor), to, tensor.dims());
        return new Conversion(converted, FloatElements.firstNotFinite(converted));
    }

    private static Conversion ofIntegers(TensorData tensor, DataType to) {
        long[] values = tensor.toLongs();
        OptionalLong bad = firstOverflow(values, tensor.dataType(), to);
        if (bad.isPresent()) {
            return new Conversion(tensor, bad);
        }
        if (!to.isFloatingPoint()) {
            return new Conversion(TensorData.ofIntegers(to, values, tensor.dims()), OptionalLong.empty());
        }
        double[] reals = new double[values.length];
        for (int i = 0; i < reals.length; i++) {
            reals[i] = values[i];
        }
        TensorData converted = FloatElements.write(reals, to, tensor.dims());
        return new Conversion(converted, firstDifference(values, FloatElements.read(converted)));
    }

    /// Integer ranges: bool 0 … 1, unsigned 0 … 2^bits − 1, signed −2^(bits−1) … 2^(bits−1) − 1; a
    /// UINT64 above 2^63 − 1 arrives as a negative long.
    private static OptionalLong firstOverflow(long[] values, DataType from, DataType to) {
        boolean signed = to.isFloatingPoint() || (to.isInteger() && to.isSigned());
        int bits = to == DataType.BOOL ? 1 : to.isFloatingPoint() ? 64 : to.bits();
        long max = bits == 64 ? Long.MAX_VALUE : signed ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
        long min = signed && from != DataType.UINT64 ? -max - 1 : 0;
        for (int i = 0; i < values.length; i++) {
            if (values[i] < min || values[i] > max) {
                return OptionalLong.of(i);
            }
        }
        return OptionalLong.empty();
    }

    private static OptionalLong firstDifference(long[] values, double[] reals) {
        for (int i = 0; i < reals.length; i++) {
            // 2^63 saturates when narrowed, so it would seem equal to the largest long.
            if ((long) reals[i] != values[i] || reals[i] >= 0x1p63) {
                return OptionalLong.of(i);
            }
        }
        return OptionalLong.empty();
    }
}
