package ai.vernier.export;

import ai.vernier.onnx.DataType;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;

/// The ONNX element type that holds the codes of a grid, and the `ai.onnx` version from which QuantizeLinear and
/// DequantizeLinear know it: per tensor from 10, per axis from 13, 16 and 4 bits and blocks from 21.
///
/// A width without an ONNX type of its own is kept in the next wider one: 2 and 3 bits in 4, 5 to 7 in 8, 9 to 15 in
/// 16, 17 to 31 in 32. (ONNX has 2-bit types from opset 25 on, which runtimes do not read yet.)
record Storage(DataType type, long opset) {
    /// @throws IllegalArgumentException for an unsigned grid above 16 bits, which ONNX cannot dequantize
    static Storage of(Encoding encoding) {
        DataType type = type(encoding.format());
        return new Storage(type, Math.max(typeOpset(type), granularityOpset(encoding.granularity())));
    }

    /// Whether `encoding` uses each code of the storage type, so that saturation to the type is its own clamp.
    static boolean usesWholeType(Encoding encoding) {
        IntegerFormat whole = format(type(encoding.format()));
        return encoding.minCode() == whole.min() && encoding.maxCode() == whole.max();
    }

    /// The integer format that covers `type` entirely.
    static IntegerFormat format(DataType type) {
        return new IntegerFormat(type.bits(), type.isSigned());
    }

    private static DataType type(IntegerFormat format) {
        int bits = format.bits();
        if (bits <= 4) {
            return format.signed() ? DataType.INT4 : DataType.UINT4;
        }
        if (bits <= 8) {
            return format.signed() ? DataType.INT8 : DataType.UINT8;
        }
        if (bits <= 16) {
            return format.signed() ? DataType.INT16 : DataType.UINT16;
        }
        if (format.signed()) {
            return DataType.INT32;
        }
        throw new IllegalArgumentException("ONNX dequantizes no " + format.text() + "; use a signed format");
    }

    private static long typeOpset(DataType type) {
        return type.bits() == 8 || type.bits() == 32 ? 10 : 21;
    }

    private static long granularityOpset(Granularity granularity) {
        return switch (granularity) {
            case Granularity.PerTensor() -> 10;
            case Granularity.PerChannel _ -> 13;
            case Granularity.PerGroup _ -> 21;
        };
    }
}
