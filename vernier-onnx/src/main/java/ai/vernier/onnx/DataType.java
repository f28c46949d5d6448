package ai.vernier.onnx;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Element types of ONNX tensors (`TensorProto.DataType`), each with its number in the schema and its width.
///
/// Types narrower than a byte are packed, the first element in the low bits.
public enum DataType {
    FLOAT(1, 32, Kind.FLOAT),
    UINT8(2, 8, Kind.UNSIGNED),
    INT8(3, 8, Kind.SIGNED),
    UINT16(4, 16, Kind.UNSIGNED),
    INT16(5, 16, Kind.SIGNED),
    INT32(6, 32, Kind.SIGNED),
    INT64(7, 64, Kind.SIGNED),
    STRING(8, 0, Kind.OTHER),
    BOOL(9, 8, Kind.OTHER),
    FLOAT16(10, 16, Kind.FLOAT),
    DOUBLE(11, 64, Kind.FLOAT),
    UINT32(12, 32, Kind.UNSIGNED),
    UINT64(13, 64, Kind.UNSIGNED),
    COMPLEX64(14, 64, Kind.OTHER),
    COMPLEX128(15, 128, Kind.OTHER),
    BFLOAT16(16, 16, Kind.FLOAT),
    FLOAT8E4M3FN(17, 8, Kind.FLOAT),
    FLOAT8E4M3FNUZ(18, 8, Kind.FLOAT),
    FLOAT8E5M2(19, 8, Kind.FLOAT),
    FLOAT8E5M2FNUZ(20, 8, Kind.FLOAT),
    UINT4(21, 4, Kind.UNSIGNED),
    INT4(22, 4, Kind.SIGNED),
    FLOAT4E2M1(23, 4, Kind.FLOAT),
    FLOAT8E8M0(24, 8, Kind.FLOAT),
    UINT2(25, 2, Kind.UNSIGNED),
    INT2(26, 2, Kind.SIGNED);

    private enum Kind {
        FLOAT,
        SIGNED,
        UNSIGNED,
        OTHER
    }

    private final int number;
    private final int bits;
    private final Kind kind;

    DataType(int number, int bits, Kind kind) {
        this.number = number;
        this.bits = bits;
        this.kind = kind;
    }

    /// The type with this number in the schema; empty for 0 (undefined) and for numbers newer than this enum.
    public static Optional<DataType> ofNumber(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }

    public int number() {
        return number;
    }

    /// Width of one element in bits; 0 for strings.
    public int bits() {
        return bits;
    }

    public boolean isFloatingPoint() {
        return kind == Kind.FLOAT;
    }

    /// Signed or unsigned integer; booleans are not.
    public boolean isInteger() {
        return kind == Kind.SIGNED || kind == Kind.UNSIGNED;
    }

    public boolean isSigned() {
        return kind == Kind.SIGNED || kind == Kind.FLOAT;
    }

    /// Bytes that `elements` packed elements occupy, the last byte filled up.
    ///
    /// @throws ArithmeticException where the size exceeds a long
    public long sizeBytes(long elements) {
        return Math.ceilDiv(Math.multiplyExact(elements, (long) bits), 8L);
    }

    /// The name in ONNX's text form, such as `float` or `int8`.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
