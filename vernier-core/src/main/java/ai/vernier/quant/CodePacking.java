package ai.vernier.quant;

/// Packs codes of 2, 4 or 8 bits into bytes, the first code in the lowest bits, as ONNX and QNN store them.
///
/// Codes come and go as the low bits of a byte each; a signed code is its two's complement, and unpacking
/// leaves the upper bits clear.
public final class CodePacking {
    private CodePacking() {}

    /// Bytes that `count` codes occupy when packed, the last byte filled up with zeros.
    ///
    /// @throws IllegalArgumentException where `bits` is not 2, 4 or 8
    public static int packedBytes(int count, int bits) {
        return Math.ceilDiv(count, perByte(bits));
    }

    /// Packs `codes` as one run.
    ///
    /// @throws IllegalArgumentException where `bits` is not 2, 4 or 8
    public static byte[] pack(byte[] codes, int bits) {
        return packRows(codes, bits, Math.max(1, codes.length));
    }

    /// Packs every `rowLength` codes on their own, so that each row starts on a byte: QNN fills up per
    /// channel, not per tensor.
    ///
    /// @throws IllegalArgumentException where `bits` is not 2, 4 or 8, or the codes are not whole rows
    public static byte[] packRows(byte[] codes, int bits, int rowLength) {
        if (codes.length % rowLength != 0) {
            throw new IllegalArgumentException("%d codes are not rows of %d".formatted(codes.length, rowLength));
        }
        int perByte = perByte(bits);
        int rowBytes = packedBytes(rowLength, bits);
        byte[] packed = new byte[codes.length / rowLength * rowBytes];
        for (int i = 0; i < codes.length; i++) {
            int column = i % rowLength;
            int at = i / rowLength * rowBytes + column / perByte;
            packed[at] |= (byte) ((codes[i] & mask(bits)) << (column % perByte * bits));
        }
        return packed;
    }

    /// The first `count` codes of one packed run.
    ///
    /// @throws IllegalArgumentException where `bits` is not 2, 4 or 8
    public static byte[] unpack(byte[] packed, int bits, int count) {
        int perByte = perByte(bits);
        byte[] codes = new byte[count];
        for (int i = 0; i < count; i++) {
            codes[i] = (byte) ((packed[i / perByte] >> (i % perByte * bits)) & mask(bits));
        }
        return codes;
    }

    private static int perByte(int bits) {
        if (bits != 2 && bits != 4 && bits != 8) {
            throw new IllegalArgumentException("codes of 2, 4 or 8 bits pack into bytes, found " + bits);
        }
        return 8 / bits;
    }

    private static int mask(int bits) {
        return (1 << bits) - 1;
    }
}
