package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/// Elements of the floating-point types that data files and model inputs use: float16, bfloat16,
/// float32, float64.
final class FloatElements {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int FLOAT_EXPONENT = 0x7f80_0000;

    private FloatElements() {}

    static boolean canHold(DataType type) {
        return type == DataType.FLOAT
                || type == DataType.DOUBLE
                || type == DataType.FLOAT16
                || type == DataType.BFLOAT16;
    }

    /// The elements as doubles, exactly.
    static double[] read(TensorData tensor) {
        if (tensor.dataType() == DataType.DOUBLE) {
            return tensor.toDoubles();
        }
        double[] values = new double[Math.toIntExact(tensor.elementCount())];
        MemorySegment bytes = tensor.bytes();
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (tensor.dataType().bits()) {
                case 32 -> tensor.floatAt(i);
                default -> narrow(bytes.getAtIndex(SHORT, i), tensor.dataType());
            };
        }
        return values;
    }

    private static float narrow(short bits, DataType type) {
        return type == DataType.FLOAT16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
    }

    /// Elements of type `to`, each the nearest to `values`, ties to even.
    static TensorData write(double[] values, DataType to, long... dims) {
        if (to == DataType.DOUBLE) {
            return TensorData.ofDoubles(values, dims);
        }
        if (to == DataType.FLOAT) {
            float[] floats = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                floats[i] = (float) values[i];
            }
            return TensorData.ofFloats(floats, dims);
        }
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, Short.BYTES)]);
        for (int i = 0; i < values.length; i++) {
            float value = (float) values[i];
            bytes.setAtIndex(SHORT, i, to == DataType.FLOAT16 ? Float.floatToFloat16(value) : brain(value));
        }
        return TensorData.ofBytes(to, bytes, dims);
    }

    /// The upper half of a float32, rounded to nearest even; NaN keeps its quiet bit.
    private static short brain(float value) {
        int bits = Float.floatToIntBits(value);
        int rounding = Float.isNaN(value) ? 0 : 0x7fff + ((bits >>> 16) & 1);
        return (short) ((bits + rounding) >>> 16);
    }

    /// Index of the first NaN or infinity.
    static OptionalLong firstNotFinite(TensorData tensor) {
        if (tensor.dataType() == DataType.FLOAT) {
            return firstNotFinite(tensor.bytes(), tensor.elementCount());
        }
        double[] values = canHold(tensor.dataType()) ? read(tensor) : new double[0];
        for (int i = 0; i < values.length; i++) {
            if (!Double.isFinite(values[i])) {
                return OptionalLong.of(i);
            }
        }
        return OptionalLong.empty();
    }

    /// Counts first, in a loop that the compiler vectorizes: all samples pass through here.
    private static OptionalLong firstNotFinite(MemorySegment bytes, long count) {
        int bad = 0;
        for (long i = 0; i < count; i++) {
            bad += (bytes.getAtIndex(INT, i) & FLOAT_EXPONENT) == FLOAT_EXPONENT ? 1 : 0;
        }
        if (bad == 0) {
            return OptionalLong.empty();
        }
        long index = 0;
        while ((bytes.getAtIndex(INT, index) & FLOAT_EXPONENT) != FLOAT_EXPONENT) {
            index++;
        }
        return OptionalLong.of(index);
    }
}
