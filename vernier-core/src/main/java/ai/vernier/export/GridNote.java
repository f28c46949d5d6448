package ai.vernier.export;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.IntegerFormat;

/// The codes in use where an ONNX element type does not tell them, as a metadata value such as `int5 -15 15`.
record GridNote(IntegerFormat format, long minCode, long maxCode) {
    private static final String PREFIX = "vernier.grid.";

    static String key(String tensor) {
        return PREFIX + tensor;
    }

    static boolean isKey(String key) {
        return key.startsWith(PREFIX);
    }

    static GridNote of(Encoding encoding) {
        return new GridNote(encoding.format(), encoding.minCode(), encoding.maxCode());
    }

    String text() {
        return "%s %d %d".formatted(format.text(), minCode, maxCode);
    }

    /// @throws InvalidInputException where `text` is no such note
    static GridNote parse(String tensor, String text) {
        try {
            String[] parts = text.split(" ", -1);
            boolean signed = parts[0].startsWith("int");
            int bits = Integer.parseInt(parts[0].substring(signed ? 3 : 4));
            return new GridNote(new IntegerFormat(bits, signed), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new InvalidInputException(
                    "metadata '%s' is '%s', expected for example 'int5 -15 15'; export the model again"
                            .formatted(key(tensor), text),
                    e);
        }
    }
}
