package ai.vernier.onnx.io;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.List;

/// The typed data fields of `TensorProto` as packed little-endian bytes, as `raw_data` would hold them.
final class TypedFields {
    private TypedFields() {}

    /// As many elements as the file really has; the caller compares with what the dimensions claim.
    static MemorySegment pack(TensorProto proto, DataType type) throws Unreadable {
        ByteBuffer packed = switch (type) {
            case FLOAT, COMPLEX64 -> floats(only(proto.getFloatDataList(), proto, type));
            case DOUBLE, COMPLEX128 -> doubles(only(proto.getDoubleDataList(), proto, type));
            case INT64 -> longs(only(proto.getInt64DataList(), proto, type));
            case UINT32 -> unsignedInts(only(proto.getUint64DataList(), proto, type));
            case UINT64 -> longs(only(proto.getUint64DataList(), proto, type));
            case INT32, INT16, UINT16, FLOAT16, BFLOAT16 ->
                narrow(only(proto.getInt32DataList(), proto, type), type.bits());
            // Elements of 2 and 4 bits stand in int32_data packed: one byte of them in each int32.
            case INT8, UINT8, BOOL, INT4, UINT4, INT2, UINT2, FLOAT4E2M1 ->
                narrow(only(proto.getInt32DataList(), proto, type), 8);
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0 ->
                narrow(only(proto.getInt32DataList(), proto, type), 8);
            case STRING -> throw new IllegalArgumentException("strings are not packed");
        };
        return MemorySegment.ofBuffer(packed.flip());
    }

    /// @return `values`, where no other typed field of `proto` has any
    private static <T extends Collection<?>> T only(T values, TensorProto proto, DataType type) throws Unreadable {
        int total = List.of(
                        proto.getFloatDataCount(),
                        proto.getInt32DataCount(),
                        proto.getInt64DataCount(),
                        proto.getUint64DataCount(),
                        proto.getDoubleDataCount(),
                        proto.getStringDataCount())
                .stream()
                .mapToInt(Integer::intValue)
                .sum();
        if (total != values.size()) {
            throw new Unreadable("has its data in a field that is not for " + type.text());
        }
        return values;
    }

    private static ByteBuffer buffer(int values, int width) throws Unreadable {
        long size = (long) values * width;
        if (size > Integer.MAX_VALUE - 8) {
            throw new Unreadable("has %d bytes in a typed field; store it as raw or external data".formatted(size));
        }
        return ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer floats(List<Float> values) throws Unreadable {
        ByteBuffer packed = buffer(values.size(), Float.BYTES);
        values.forEach(packed::putFloat);
        return packed;
    }

    private static ByteBuffer doubles(List<Double> values) throws Unreadable {
        ByteBuffer packed = buffer(values.size(), Double.BYTES);
        values.forEach(packed::putDouble);
        return packed;
    }

    private static ByteBuffer longs(List<Long> values) throws Unreadable {
        ByteBuffer packed = buffer(values.size(), Long.BYTES);
        values.forEach(packed::putLong);
        return packed;
    }

    private static ByteBuffer unsignedInts(List<Long> values) throws Unreadable {
        ByteBuffer packed = buffer(values.size(), Integer.BYTES);
        for (long value : values) {
            if (value < 0 || value > 0xFFFF_FFFFL) {
                throw new Unreadable(
                        "has the value %s, which needs more than 32 bits".formatted(Long.toUnsignedString(value)));
            }
            packed.putInt((int) value);
        }
        return packed;
    }

    /// Signed values, and bit patterns written as unsigned ones, are both met in files.
    private static ByteBuffer narrow(List<Integer> values, int bits) throws Unreadable {
        ByteBuffer packed = buffer(values.size(), bits / 8);
        long min = -(1L << (bits - 1));
        long max = bits == 32 ? Integer.MAX_VALUE : (1L << bits) - 1;
        for (int value : values) {
            if (value < min || value > max) {
                throw new Unreadable("has the value %d, which needs more than %d bits".formatted(value, bits));
            }
            switch (bits) {
                case 8 -> packed.put((byte) value);
                case 16 -> packed.putShort((short) value);
                default -> packed.putInt(value);
            }
        }
        return packed;
    }
}
