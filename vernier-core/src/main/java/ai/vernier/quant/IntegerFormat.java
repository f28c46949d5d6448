package ai.vernier.quant;

/// An integer code of 2 … 32 bits, signed (two's complement) or unsigned.
public record IntegerFormat(int bits, boolean signed) {
    public static final IntegerFormat INT4 = new IntegerFormat(4, true);
    public static final IntegerFormat INT8 = new IntegerFormat(8, true);
    public static final IntegerFormat UINT8 = new IntegerFormat(8, false);
    public static final IntegerFormat INT16 = new IntegerFormat(16, true);
    public static final IntegerFormat UINT16 = new IntegerFormat(16, false);
    public static final IntegerFormat INT32 = new IntegerFormat(32, true);

    public IntegerFormat {
        if (bits < 2 || bits > 32) {
            throw new IllegalArgumentException("an integer format has 2 to 32 bits, found " + bits);
        }
    }

    /// The lowest code: −2^(bits−1), or 0 where unsigned.
    public long min() {
        return signed ? -(1L << (bits - 1)) : 0;
    }

    /// The highest code: 2^(bits−1) − 1, or 2^bits − 1 where unsigned.
    public long max() {
        return signed ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
    }

    /// Saturates `code` to this format.
    public long clamp(long code) {
        return Math.clamp(code, min(), max());
    }

    /// `int8`, `uint4`, …
    public String text() {
        return (signed ? "int" : "uint") + bits;
    }
}
