package ai.vernier.export;

import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import java.util.ArrayList;
import java.util.List;

/// What an encodings file says of one tensor.
public sealed interface EncodingEntry {
    String name();

    /// Width in bits.
    int bits();

    /// Stays in floating point of `bits` bits.
    record FloatEntry(String name, int bits) implements EncodingEntry {}

    /// How many scales an integer tensor has.
    enum Kind {
        PER_TENSOR,
        PER_CHANNEL,
        /// Channel-major: all blocks of the first channel, then those of the second.
        PER_BLOCK
    }

    /// Integer codes, `real = scale · (q + offset)` with q in 0 … 2^bits − 1, whatever the signedness on the device.
    ///
    /// @param symmetric whether zero lies in the middle code
    /// @param scales positive, one per granule
    /// @param offsets −zeroPoint of the unsigned codes, in −(2^bits − 1) … 0, one per granule
    /// @param blockSize elements per block; 0 unless the kind is [Kind#PER_BLOCK]
    record IntegerEntry(
            String name, Kind kind, int bits, boolean symmetric, List<Float> scales, List<Long> offsets, int blockSize)
            implements EncodingEntry {
        public IntegerEntry {
            scales = List.copyOf(scales);
            offsets = List.copyOf(offsets);
        }

        /// The grid as this library states it. The file gives neither signedness nor axis, so the caller does.
        ///
        /// @param granularity must agree with [#kind()]; [Kind#PER_BLOCK] of matrices along their last axis
        public Encoding encoding(boolean signed, Granularity granularity) {
            long middle = signed ? 1L << (bits - 1) : 0;
            float[] scaleArray = new float[scales.size()];
            long[] zeroPoints = new long[scales.size()];
            for (int i = 0; i < scaleArray.length; i++) {
                scaleArray[i] = scales.get(i);
                zeroPoints[i] = -offsets.get(i) - middle;
            }
            IntegerFormat format = new IntegerFormat(bits, signed);
            return new Encoding.Grid(format, granularity, format.min(), format.max()).with(scaleArray, zeroPoints);
        }
    }

    /// The entry for a tensor of `dims` (used for blocks only).
    ///
    /// @throws UnsupportedModelException where groups are not blocks of a matrix
    static IntegerEntry of(String name, Encoding encoding, long... dims) {
        IntegerFormat format = encoding.format();
        long middle = format.signed() ? 1L << (format.bits() - 1) : 0;
        List<Float> scales = new ArrayList<>();
        List<Long> offsets = new ArrayList<>();
        for (int granule : order(name, encoding, dims)) {
            scales.add(encoding.scale(granule));
            offsets.add(-(encoding.zeroPoint(granule) + middle));
        }
        int blockSize = encoding.granularity() instanceof Granularity.PerGroup group ? group.size() : 0;
        return new IntegerEntry(
                name, kind(encoding), format.bits(), encoding.isSymmetric(), scales, offsets, blockSize);
    }

    private static Kind kind(Encoding encoding) {
        return switch (encoding.granularity()) {
            case Granularity.PerTensor() -> Kind.PER_TENSOR;
            case Granularity.PerChannel _ -> Kind.PER_CHANNEL;
            case Granularity.PerGroup _ -> Kind.PER_BLOCK;
        };
    }

    private static List<Integer> order(String name, Encoding encoding, long... dims) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < encoding.granules(); i++) {
            order.add(i);
        }
        if (!(encoding.granularity() instanceof Granularity.PerGroup group) || group.axis() == dims.length - 1) {
            return order;
        }
        if (dims.length != 2) {
            throw new UnsupportedModelException(
                    "tensor '%s': an encodings file holds blocks of matrices only; use per-channel scales"
                            .formatted(name));
        }
        int channels = (int) dims[1];
        int blocks = encoding.granules() / channels;
        order.replaceAll(i -> i % blocks * channels + i / blocks);
        return order;
    }
}
