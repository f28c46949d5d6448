package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Real numbers in tensors of any floating-point type of 16 bits or more.
final class Numbers {
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Numbers() {}

    /// Rounds `values` to `type`.
    static TensorData reals(DataType type, double[] values, long... dims) {
        return switch (type) {
            case DOUBLE -> TensorData.ofDoubles(values, dims);
            case FLOAT -> TensorData.ofFloats(floats(values), dims);
            case FLOAT16 -> halves(type, values, dims);
            case BFLOAT16 -> halves(type, values, dims);
            default -> throw new IllegalArgumentException("no real type: " + type);
        };
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static TensorData halves(DataType type, double[] values, long... dims) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * Short.BYTES]);
        for (int i = 0; i < values.length; i++) {
            float value = (float) values[i];
            short bits = type == DataType.FLOAT16
                    ? Float.floatToFloat16(value)
                    : (short) ((Float.floatToIntBits(value) + (1 << 15)) >>> 16);
            bytes.setAtIndex(SHORT, i, bits);
        }
        return TensorData.ofBytes(type, bytes, dims);
    }

    /// Element `index` of a floating-point tensor.
    static double at(TensorData tensor, long index) {
        return switch (tensor.dataType()) {
            case FLOAT -> tensor.floatAt(index);
            case DOUBLE -> tensor.bytes().getAtIndex(DOUBLE, index);
            case FLOAT16 -> Float.float16ToFloat(tensor.bytes().getAtIndex(SHORT, index));
            case BFLOAT16 -> Float.intBitsToFloat(tensor.bytes().getAtIndex(SHORT, index) << Short.SIZE);
            default -> throw new IllegalArgumentException("no reals in " + tensor);
        };
    }

    static boolean holdsReals(DataType type) {
        return type.isFloatingPoint() && type.bits() >= Short.SIZE;
    }
}
