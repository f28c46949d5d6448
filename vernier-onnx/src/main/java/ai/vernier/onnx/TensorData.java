package ai.vernier.onnx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// An immutable host tensor: element type, dimensions and little-endian packed bytes, row-major, as ONNX's `raw_data`
/// lays them out. The bytes may lie on the heap or be memory-mapped; equality is by content.
///
/// Element types narrower than a byte are packed, the first element in the low bits.
public final class TensorData {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DataType dataType;
    private final long[] dims;
    private final MemorySegment bytes;
    private final List<Bytes> strings;
    private final Details details;

    private TensorData(DataType dataType, long[] dims, MemorySegment bytes, List<Bytes> strings, Details details) {
        this.dataType = dataType;
        this.dims = dims;
        this.bytes = bytes;
        this.strings = strings;
        this.details = details;
    }

    /// Wraps packed little-endian `bytes` without copying them; nobody may change them afterwards.
    ///
    /// @throws IllegalArgumentException where the number of bytes does not fit type and dimensions
    public static TensorData ofBytes(DataType dataType, MemorySegment bytes, long... dims) {
        if (dataType == DataType.STRING) {
            throw new IllegalArgumentException("a string tensor has no packed bytes");
        }
        long expected = dataType.sizeBytes(elementCount(dims));
        if (bytes.byteSize() != expected) {
            throw new IllegalArgumentException("%s%s takes %d bytes, found %d"
                    .formatted(dataType.text(), Arrays.toString(dims), expected, bytes.byteSize()));
        }
        return new TensorData(dataType, dims.clone(), bytes.asReadOnly(), List.of(), Details.NONE);
    }

    public static TensorData ofFloats(float[] values, long... dims) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, Float.BYTES)]);
        MemorySegment.copy(values, 0, bytes, FLOAT, 0, values.length);
        return ofBytes(DataType.FLOAT, bytes, dims);
    }

    public static TensorData ofDoubles(double[] values, long... dims) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, Double.BYTES)]);
        MemorySegment.copy(values, 0, bytes, DOUBLE, 0, values.length);
        return ofBytes(DataType.DOUBLE, bytes, dims);
    }

    /// An int64 tensor.
    public static TensorData ofLongs(long[] values, long... dims) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, Long.BYTES)]);
        MemorySegment.copy(values, 0, bytes, LONG, 0, values.length);
        return ofBytes(DataType.INT64, bytes, dims);
    }

    /// An integer or boolean tensor of any width from `values`, which must fit the type.
    ///
    /// @throws IllegalArgumentException where a value does not fit
    public static TensorData ofIntegers(DataType dataType, long[] values, long... dims) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(dataType.sizeBytes(values.length))]);
        for (int i = 0; i < values.length; i++) {
            PackedIntegers.set(bytes, dataType, i, values[i]);
        }
        return ofBytes(dataType, bytes, dims);
    }

    public static TensorData ofStrings(List<Bytes> values, long... dims) {
        if (values.size() != elementCount(dims)) {
            throw new IllegalArgumentException(
                    "%d strings do not fill %s".formatted(values.size(), Arrays.toString(dims)));
        }
        return new TensorData(
                DataType.STRING, dims.clone(), MemorySegment.NULL.asReadOnly(), List.copyOf(values), Details.NONE);
    }

    /// Product of the dimensions; 1 for a scalar.
    ///
    /// @throws ArithmeticException where it exceeds a long
    public static long elementCount(long... dims) {
        long count = 1;
        for (long dim : dims) {
            count = Math.multiplyExact(count, dim);
        }
        return count;
    }

    public DataType dataType() {
        return dataType;
    }

    public long[] dims() {
        return dims.clone();
    }

    public int rank() {
        return dims.length;
    }

    /// Extent of `axis`, which counts from the end where negative.
    public long dim(int axis) {
        return dims[axis < 0 ? axis + dims.length : axis];
    }

    public long elementCount() {
        return elementCount(dims);
    }

    /// Bytes that the packed elements occupy; for strings their total length.
    public long sizeBytes() {
        return dataType == DataType.STRING
                ? strings.stream().mapToLong(Bytes::length).sum()
                : bytes.byteSize();
    }

    /// The packed little-endian bytes, read-only; empty for strings.
    public MemorySegment bytes() {
        return bytes;
    }

    public List<Bytes> strings() {
        return strings;
    }

    public Details details() {
        return details;
    }

    public TensorData withDetails(Details changed) {
        return new TensorData(dataType, dims, bytes, strings, changed);
    }

    /// The same elements under other dimensions; nothing is copied.
    public TensorData reshaped(long... changed) {
        if (elementCount(changed) != elementCount()) {
            throw new IllegalArgumentException(
                    "%s does not reshape to %s".formatted(Arrays.toString(dims), Arrays.toString(changed)));
        }
        return new TensorData(dataType, changed.clone(), bytes, strings, details);
    }

    /// The elements of a FLOAT tensor, copied.
    public float[] toFloats() {
        require(DataType.FLOAT);
        return bytes.toArray(FLOAT);
    }

    /// The elements of a DOUBLE tensor, copied.
    public double[] toDoubles() {
        require(DataType.DOUBLE);
        return bytes.toArray(DOUBLE);
    }

    /// The elements of an integer or boolean tensor of any width, copied. UINT64 values above 2^63−1 come out negative.
    public long[] toLongs() {
        if (!dataType.isInteger() && dataType != DataType.BOOL) {
            throw new IllegalArgumentException("expected an integer tensor, found " + this);
        }
        long[] values = new long[Math.toIntExact(elementCount())];
        for (int i = 0; i < values.length; i++) {
            values[i] = PackedIntegers.get(bytes, dataType, i);
        }
        return values;
    }

    /// [#toLongs] where the elements are integers; empty for other types, which a broken model may have where integers
    /// belong.
    public Optional<long[]> integers() {
        return dataType.isInteger() ? Optional.of(toLongs()) : Optional.empty();
    }

    /// Element `index` of a FLOAT tensor.
    public float floatAt(long index) {
        return bytes.getAtIndex(FLOAT, index);
    }

    private void require(DataType expected) {
        if (dataType != expected) {
            throw new IllegalArgumentException("expected " + expected.text() + ", found " + this);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorData that
                && dataType == that.dataType
                && Arrays.equals(dims, that.dims)
                && strings.equals(that.strings)
                && details.equals(that.details)
                && bytes.mismatch(that.bytes) == -1;
    }

    /// Hashes type and dimensions only: weights may be gigabytes.
    @Override
    public int hashCode() {
        return 31 * dataType.hashCode() + Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return dataType.text() + Arrays.toString(dims).replace(" ", "");
    }

    /// Reads and writes single integers in packed bytes.
    private static final class PackedIntegers {
        static long get(MemorySegment bytes, DataType type, long index) {
            return switch (type.bits()) {
                case 2, 4 -> narrow(bytes, type, index);
                case 8 -> {
                    byte value = bytes.get(ValueLayout.JAVA_BYTE, index);
                    yield type.isSigned() ? value : Byte.toUnsignedLong(value);
                }
                case 16 -> {
                    short value = bytes.getAtIndex(SHORT, index);
                    yield type.isSigned() ? value : Short.toUnsignedLong(value);
                }
                case 32 -> {
                    int value = bytes.getAtIndex(INT, index);
                    yield type.isSigned() ? value : Integer.toUnsignedLong(value);
                }
                case 64 -> bytes.getAtIndex(LONG, index);
                default -> throw new IllegalArgumentException("not an integer type: " + type.text());
            };
        }

        private static long narrow(MemorySegment bytes, DataType type, long index) {
            int bits = type.bits();
            int perByte = 8 / bits;
            int shift = (int) (index % perByte) * bits;
            long value = (bytes.get(ValueLayout.JAVA_BYTE, index / perByte) >> shift) & ((1L << bits) - 1);
            boolean negative = type.isSigned() && value >= 1L << (bits - 1);
            return negative ? value - (1L << bits) : value;
        }

        static void set(MemorySegment bytes, DataType type, long index, long value) {
            checkFits(type, value);
            switch (type.bits()) {
                case 2, 4 -> setNarrow(bytes, type, index, value);
                case 8 -> bytes.set(ValueLayout.JAVA_BYTE, index, (byte) value);
                case 16 -> bytes.setAtIndex(SHORT, index, (short) value);
                case 32 -> bytes.setAtIndex(INT, index, (int) value);
                case 64 -> bytes.setAtIndex(LONG, index, value);
                default -> throw new IllegalArgumentException("not an integer type: " + type.text());
            }
        }

        private static void setNarrow(MemorySegment bytes, DataType type, long index, long value) {
            int bits = type.bits();
            int perByte = 8 / bits;
            int shift = (int) (index % perByte) * bits;
            int mask = ((1 << bits) - 1) << shift;
            int kept = bytes.get(ValueLayout.JAVA_BYTE, index / perByte) & ~mask;
            bytes.set(ValueLayout.JAVA_BYTE, index / perByte, (byte) (kept | (((int) value << shift) & mask)));
        }

        private static void checkFits(DataType type, long value) {
            if (type.bits() == 64) {
                return;
            }
            boolean signed = type.isInteger() && type.isSigned();
            int bits = type == DataType.BOOL ? 1 : type.bits();
            long min = signed ? -(1L << (bits - 1)) : 0;
            long max = signed ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
            if (value < min || value > max) {
                throw new IllegalArgumentException("%d does not fit %s".formatted(value, type.text()));
            }
        }
    }
}
