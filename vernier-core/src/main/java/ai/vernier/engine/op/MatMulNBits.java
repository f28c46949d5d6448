package ai.vernier.engine.op;

import ai.vernier.engine.cpu.OneDnn;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// y = x · Wᵀ + b with weights of 2, 4 or 8 bits, each block of inputs with its own scale and zero point:
///
///     W[n, k] = (q[n, k] − zeroPoint[n, k / block]) · scale[n, k / block]
///
/// Inputs: x, q packed (first code in the low bits), scales, zero points (packed, or in the type of x; by
/// default half the codes), block of each input, b.
///
/// Constant weights are decoded at the first run and kept: 4 bytes per weight with float32 inputs, eight
/// times what 4-bit codes take in the file, until the executor is closed. Decoding in every run would cost
/// more time than the product of a short sequence.
final class MatMulNBits implements BoundOp {
    private final NodeView node;
    private final long outputs;
    private final long inputs;
    private final long block;
    private final int bits;
    private @Nullable Tensor decoded;

    MatMulNBits(NodeView node) {
        this.node = node;
        this.outputs = node.integer("N", 0);
        this.inputs = node.integer("K", 0);
        this.block = node.integer("block_size", 32);
        this.bits = (int) node.integer("bits", 4);
        if (8 % bits != 0) {
            throw node.unsupported("with " + bits + " bits");
        }
    }

    @Override
    public Tensor[] run(Inputs in) {
        return new Tensor[] {torch.linear(in.at(0), weights(in), NormalizationOps.some(in.orNull(5)))};
    }

    private Tensor weights(Inputs in) {
        Tensor known = decoded;
        if (known != null) {
            return known;
        }
        Tensor fresh = decode(in).to(in.at(0).scalar_type());
        boolean constant = IntStream.range(1, 5)
                .allMatch(i -> !in.has(i) || node.constant(i).isPresent());
        if (constant) {
            decoded = OneDnn.kept(fresh);
        }
        return fresh;
    }

    private Tensor decode(Inputs in) {
        long blocks = Math.ceilDiv(inputs, block);
        Tensor codes = unpacked(in.at(1).reshape(outputs, -1), blocks * block).to(ScalarType.Float);
        Tensor scales = in.at(2).to(ScalarType.Float).reshape(outputs, blocks);
        Tensor zeroPoints = zeroPoints(in.orNull(3), blocks);
        Tensor blockOf = in.has(4)
                ? in.at(4).to(ScalarType.Long)
                : torch.arange(new Scalar(blocks * block), new TensorOptions(ScalarType.Long))
                        .floor_divide(new Scalar(block));
        Tensor kept = blockOf.narrow(0, 0, inputs);
        return codes.narrow(1, 0, inputs).sub(zeroPoints.index_select(1, kept)).mul(scales.index_select(1, kept));
    }

    private Tensor zeroPoints(@Nullable Tensor given, long blocks) {
        if (given == null) {
            double half = 1 << (bits - 1);
            return torch.full(new long[] {outputs, blocks}, new Scalar(half), new TensorOptions(ScalarType.Float));
        }
        return given.scalar_type().intern() == ScalarType.Byte
                ? unpacked(given.reshape(outputs, -1), blocks).to(ScalarType.Float)
                : given.to(ScalarType.Float).reshape(outputs, blocks);
    }

    /// The first `count` codes of each row of bytes.
    private Tensor unpacked(Tensor bytes, long count) {
        Scalar levels = new Scalar(1L << bits);
        Tensor rest = bytes.to(ScalarType.Int);
        TensorVector codes = new TensorVector();
        for (int shift = 0; shift < 8; shift += bits) {
            codes.push_back(torch.remainder(rest, levels));
            rest = rest.floor_divide(levels);
        }
        return torch.stack(codes, 2).reshape(bytes.size(0), -1).narrow(1, 0, count);
    }

    @Override
    public void close() {
        if (decoded != null) {
            decoded.close();
        }
    }
}
