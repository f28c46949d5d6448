package ai.vernier.onnx.io;

import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.function.LongFunction;

/// Literals of ONNX text: numbers, strings and the elements of tensors.
///
/// Floats and doubles are written in decimal, complex values as two numbers each, integers in decimal. The narrow float
/// types, for which ONNX text has no form, are written as their bit patterns: `float16[1] {0x3c00}`.
final class TensorText {
    private TensorText() {}

    // ---- printing

    /// @param limit elements printed before `…` stands for the rest, which then does not parse
    static String print(TensorData tensor, int limit) {
        LongFunction<String> element = printer(tensor);
        long literals = literals(tensor.dataType(), tensor.elementCount());
        StringJoiner joiner = new StringJoiner(", ", "{", "}");
        for (long i = 0; i < Math.min(limit, literals); i++) {
            joiner.add(element.apply(i));
        }
        return literals > limit ? joiner.add("…").toString() : joiner.toString();
    }

    /// Numbers that `elements` elements are written with.
    private static long literals(DataType type, long elements) {
        boolean complex = type == DataType.COMPLEX64 || type == DataType.COMPLEX128;
        return complex ? Math.multiplyExact(2L, elements) : elements;
    }

    private static LongFunction<String> printer(TensorData tensor) {
        DataType type = tensor.dataType();
        return switch (type) {
            case FLOAT, COMPLEX64 -> {
                TensorData floats = view(tensor, DataType.FLOAT);
                yield i -> print(floats.floatAt(i));
            }
            case DOUBLE, COMPLEX128 -> {
                double[] values = view(tensor, DataType.DOUBLE).toDoubles();
                yield i -> print(values[(int) i]);
            }
            case STRING -> i -> quote(tensor.strings().get((int) i));
            case UINT64 -> {
                long[] values = tensor.toLongs();
                yield i -> Long.toUnsignedString(values[(int) i]);
            }
            case FLOAT16,
                    BFLOAT16,
                    FLOAT8E4M3FN,
                    FLOAT8E4M3FNUZ,
                    FLOAT8E5M2,
                    FLOAT8E5M2FNUZ,
                    FLOAT8E8M0,
                    FLOAT4E2M1 -> {
                long[] values = view(tensor, bitPattern(type)).toLongs();
                yield i -> "0x" + Long.toHexString(values[(int) i]);
            }
            case INT2, UINT2, INT4, UINT4, INT8, UINT8, BOOL, INT16, UINT16, INT32, UINT32, INT64 -> {
                long[] values = tensor.toLongs();
                yield i -> Long.toString(values[(int) i]);
            }
        };
    }

    /// The same bytes taken for elements of another type, in one dimension.
    private static TensorData view(TensorData tensor, DataType type) {
        long count = type.bits() >= 8 ? tensor.sizeBytes() / (type.bits() / 8) : tensor.elementCount();
        return TensorData.ofBytes(type, tensor.bytes(), count);
    }

    private static DataType bitPattern(DataType type) {
        return switch (type.bits()) {
            case 4 -> DataType.UINT4;
            case 8 -> DataType.UINT8;
            default -> DataType.UINT16;
        };
    }

    static String print(float value) {
        return Float.isFinite(value) ? Float.toString(value) : special(value);
    }

    private static String print(double value) {
        return Double.isFinite(value) ? Double.toString(value) : special(value);
    }

    private static String special(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        return value > 0 ? "inf" : "-inf";
    }

    static String quote(Bytes bytes) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException _) {
            StringBuilder escaped = new StringBuilder();
            for (byte b : bytes.toByteArray()) {
                escaped.append("\\x").append(HexFormat.of().toHexDigits(b));
            }
            return "\"" + escaped + "\"";
        }
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    // ---- parsing

    /// `{…}` after the tensor's type.
    static TensorData parse(TextScanner in, DataType type, long[] dims) {
        in.expect("{");
        List<String> numbers = new ArrayList<>();
        List<Bytes> strings = new ArrayList<>();
        while (!in.at('}')) {
            if (type == DataType.STRING) {
                strings.add(in.quoted());
            } else {
                numbers.add(in.number());
            }
            if (!in.accept(",")) {
                break;
            }
        }
        try {
            long expected = literals(type, TensorData.elementCount(dims));
            if (numbers.size() + strings.size() != expected) {
                throw in.error("expected %d values, found %d".formatted(expected, numbers.size() + strings.size()));
            }
            TensorData tensor =
                    type == DataType.STRING ? TensorData.ofStrings(strings, dims) : numbers(numbers, type, dims);
            in.expect("}");
            return tensor;
        } catch (NumberFormatException e) {
            throw in.error("before here stands a value that is no " + type.text() + ": " + e.getMessage());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw in.error("before here stands no " + type.text() + " tensor: " + e.getMessage());
        }
    }

    private static TensorData numbers(List<String> values, DataType type, long[] dims) {
        return switch (type) {
            case FLOAT, COMPLEX64 -> {
                float[] floats = new float[values.size()];
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = parseFloat(values.get(i));
                }
                yield of(TensorData.ofFloats(floats, floats.length), type, dims);
            }
            case DOUBLE, COMPLEX128 -> {
                double[] doubles =
                        values.stream().mapToDouble(TensorText::parseDouble).toArray();
                yield of(TensorData.ofDoubles(doubles, doubles.length), type, dims);
            }
            case FLOAT16,
                    BFLOAT16,
                    FLOAT8E4M3FN,
                    FLOAT8E4M3FNUZ,
                    FLOAT8E5M2,
                    FLOAT8E5M2FNUZ,
                    FLOAT8E8M0,
                    FLOAT4E2M1 -> {
                long[] bits =
                        values.stream().mapToLong(TensorText::parseInteger).toArray();
                yield of(TensorData.ofIntegers(bitPattern(type), bits, bits.length), type, dims);
            }
            case UINT64, INT2, UINT2, INT4, UINT4, INT8, UINT8, BOOL, INT16, UINT16, INT32, UINT32, INT64 -> {
                long[] longs = values.stream()
                        .mapToLong(type == DataType.UINT64 ? Long::parseUnsignedLong : TensorText::parseInteger)
                        .toArray();
                yield TensorData.ofIntegers(type, longs, dims);
            }
            case STRING -> throw new IllegalArgumentException("strings are no numbers");
        };
    }

    private static TensorData of(TensorData flat, DataType type, long[] dims) {
        MemorySegment bytes = flat.bytes();
        return TensorData.ofBytes(type, bytes, dims);
    }

    static float parseFloat(String text) {
        String special = java(text);
        return Float.parseFloat(special);
    }

    private static double parseDouble(String text) {
        return Double.parseDouble(java(text));
    }

    /// ONNX text writes `nan` and `inf`; a trailing `f` or `d`, which Java would take, is no number there.
    private static String java(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        String sign = lower.startsWith("-") ? "-" : "";
        return switch (lower.replaceFirst("^[+-]", "")) {
            case "nan" -> "NaN";
            case "inf", "infinity" -> sign + "Infinity";
            case String number
            when number.endsWith("f") || number.endsWith("d") -> throw new NumberFormatException(text);
            case String _ -> text;
        };
    }

    static long parseInteger(String text) {
        return text.startsWith("0x") ? Long.parseLong(text.substring(2), 16) : Long.parseLong(text);
    }

    static long integer(TextScanner in) {
        String number = in.number();
        try {
            return parseInteger(number);
        } catch (NumberFormatException _) {
            throw in.error("before here stands '" + number + "'; expected an integer");
        }
    }

    static Bytes hex(TextScanner in, String digits) {
        try {
            return Bytes.of(HexFormat.of().parseHex(digits));
        } catch (IllegalArgumentException e) {
            throw in.error("before here stand no hexadecimal bytes: " + e.getMessage());
        }
    }
}
