package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The header of a `.npy` file, versions 1 to 3
/// ([format](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)): the magic
/// `\x93NUMPY`, two version bytes, the header's length (2 bytes little-endian in version 1, else 4) and
/// a Python dictionary.
///
/// @param dims extents as NumPy has them, none for a scalar
/// @param dataOffset position of the first element in the file
record NpyHeader(DataType dataType, ByteOrder order, boolean fortranOrder, List<Long> dims, int dataOffset) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_HEADER = 1 << 20;
    private static final Pattern DESCRIPTION = Pattern.compile("'descr'\\s*:\\s*'([<>|=]?)([^']*)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9L,\\s]*)\\)");
    private static final Map<String, DataType> TYPES = types();

    NpyHeader {
        dims = List.copyOf(dims);
    }

    /// Reads exactly the header; the stream then stands at the first element.
    ///
    /// @param where the file's name, for messages
    /// @throws InvalidInputException where it is none, or of elements that no tensor can hold
    static NpyHeader read(InputStream in, String where) throws IOException {
        byte[] start = in.readNBytes(MAGIC.length + 2);
        if (start.length < MAGIC.length + 2 || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new InvalidInputException(
                    where + ": not a .npy file (it does not begin with \\x93NUMPY); write it with numpy.save");
        }
        int lengthBytes = start[MAGIC.length] == 1 ? 2 : 4;
        long length = littleEndian(in.readNBytes(lengthBytes));
        byte[] text = in.readNBytes((int) Math.min(length, MAX_HEADER));
        if (length > MAX_HEADER || text.length < length) {
            throw new InvalidInputException(
                    "%s: its header should have %d bytes, found %d; the file is cut short or damaged"
                            .formatted(where, length, text.length));
        }
        int offset = start.length + lengthBytes + text.length;
        return parse(new String(text, StandardCharsets.UTF_8), where, offset);
    }

    private static NpyHeader parse(String text, String where, int offset) {
        Matcher description = DESCRIPTION.matcher(text);
        Matcher order = ORDER.matcher(text);
        Matcher shape = SHAPE.matcher(text);
        if (!description.find() || !order.find() || !shape.find()) {
            throw new InvalidInputException(
                    "%s: expected a header with a plain 'descr', 'fortran_order' and 'shape', found %s; save one plain array"
                            .formatted(where, text.strip()));
        }
        DataType type = TYPES.get(description.group(2));
        if (type == null) {
            throw new InvalidInputException(
                    "%s: element type '%s' is not supported; convert it with astype to one of bool, int8 … uint64, float16 … float64"
                            .formatted(where, description.group(1) + description.group(2)));
        }
        ByteOrder bytes = description.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        NpyHeader header =
                new NpyHeader(type, bytes, order.group(1).equals("True"), dims(shape.group(1), where), offset);
        header.checkSize(where);
        return header;
    }

    private static List<Long> dims(String text, String where) {
        try {
            return Arrays.stream(text.replace("L", "").split(","))
                    .map(String::strip)
                    .filter(dim -> !dim.isEmpty())
                    .map(Long::parseLong)
                    .toList();
        } catch (NumberFormatException e) {
            throw new InvalidInputException("%s: unreadable shape (%s)".formatted(where, text), e);
        }
    }

    private void checkSize(String where) {
        try {
            dataBytes();
        } catch (ArithmeticException e) {
            throw new InvalidInputException("%s: an array of shape %s cannot exist".formatted(where, dims), e);
        }
    }

    private static long littleEndian(byte[] bytes) {
        long value = 0;
        for (int i = 0; i < bytes.length; i++) {
            value |= Byte.toUnsignedLong(bytes[i]) << (8 * i);
        }
        return value;
    }

    long[] sizes() {
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    /// A scalar as an array of one row.
    NpyHeader asOneRow() {
        return new NpyHeader(dataType, order, false, List.of(1L), dataOffset);
    }

    int elementBytes() {
        return dataType.bits() / 8;
    }

    /// Bytes of all elements.
    long dataBytes() {
        return dataType.sizeBytes(TensorData.elementCount(sizes()));
    }

    /// Whether the file's bytes are those of a tensor as they stand.
    boolean isPlain() {
        boolean oneLine = dims.stream().filter(dim -> dim != 1).count() <= 1 || dims.contains(0L);
        return (!fortranOrder || oneLine) && (order == ByteOrder.LITTLE_ENDIAN || elementBytes() == 1);
    }

    /// `'<f4'` for FLOAT and so on; empty for types that NumPy lacks.
    static Optional<String> description(DataType type) {
        return TYPES.entrySet().stream()
                .filter(entry -> entry.getValue() == type)
                .map(entry -> (type.bits() == 8 ? "|" : "<") + entry.getKey())
                .findFirst();
    }

    private static Map<String, DataType> types() {
        Map<String, DataType> types = new HashMap<>();
        types.put("b1", DataType.BOOL);
        types.put("i1", DataType.INT8);
        types.put("i2", DataType.INT16);
        types.put("i4", DataType.INT32);
        types.put("i8", DataType.INT64);
        types.put("u1", DataType.UINT8);
        types.put("u2", DataType.UINT16);
        types.put("u4", DataType.UINT32);
        types.put("u8", DataType.UINT64);
        types.put("f2", DataType.FLOAT16);
        types.put("f4", DataType.FLOAT);
        types.put("f8", DataType.DOUBLE);
        return Map.copyOf(types);
    }
}
