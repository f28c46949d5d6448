package ai.vernier.simulate;

import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// Quantize-dequantize of an activation in place, bit for bit what [ai.vernier.quant.Quantizer#ONNX] defines:
///
///     x ← x / scale;   x ← rint(x);   x ← clamp(x, minCode − zeroPoint, maxCode − zeroPoint);   x ← 0 + scale · x
///
/// The division is a float32 division (a product with the reciprocal would move ties). The sum with 0 turns −0
/// into the +0 that integers have. Codes without the zero point are exact in float32 up to 2^24, so grids of up to
/// 24 bits are simulated.
final class FakeQuantization implements ToGrid {
    private static final int EXACT_BITS = 24;

    private final String tensor;
    private final Encoding encoding;

    /// @throws UnsupportedModelException where the grid is too wide or has groups
    FakeQuantization(String tensor, Encoding encoding) {
        this.tensor = tensor;
        this.encoding = encoding;
        if (encoding.format().bits() > EXACT_BITS || encoding.granularity() instanceof Granularity.PerGroup) {
            throw new UnsupportedModelException(
                    "activation '%s': %s is not simulated; use at most %d bits, per tensor or per channel"
                            .formatted(tensor, encoding, EXACT_BITS));
        }
    }

    @Override
    public Tensor apply(Tensor x) {
        if (x.scalar_type().intern() != torch.ScalarType.Float) {
            throw new UnsupportedModelException("activation '%s' is %s; only float32 activations are quantized"
                    .formatted(tensor, x.scalar_type().intern()));
        }
        return switch (encoding.granularity()) {
            case Granularity.PerTensor() -> perTensor(x);
            case Granularity.PerChannel(int axis) -> perChannel(x, axis);
            case Granularity.PerGroup _ -> throw new IllegalStateException("refused at construction");
        };
    }

    /// On CUDA LibTorch replaces the division by a host scalar with a product, hence the scale as a device tensor.
    private Tensor perTensor(Tensor x) {
        float scale = encoding.scale(0);
        long zeroPoint = encoding.zeroPoint(0);
        if (x.is_cuda()) {
            x.div_(ToGrid.onDeviceOf(x, torch.full(new long[0], new Scalar(scale))));
        } else {
            x.div_(new Scalar(scale));
        }
        x.round_();
        x.clamp_(bound(encoding.minCode() - zeroPoint), bound(encoding.maxCode() - zeroPoint));
        ToGrid.dequantize(x, scale);
        return x;
    }

    private static ScalarOptional bound(long code) {
        return new ScalarOptional(new Scalar((float) code));
    }

    private Tensor perChannel(Tensor x, int axis) {
        float[] lowest = new float[encoding.granules()];
        float[] highest = new float[encoding.granules()];
        for (int i = 0; i < lowest.length; i++) {
            lowest[i] = encoding.minCode() - encoding.zeroPoint(i);
            highest[i] = encoding.maxCode() - encoding.zeroPoint(i);
        }
        Tensor scale = ToGrid.along(x, axis, encoding.scales());
        x.div_(scale).round_();
        x.clamp_(new TensorOptional(ToGrid.along(x, axis, lowest)), new TensorOptional(ToGrid.along(x, axis, highest)));
        x.mul_(scale).add_(new Scalar(0f));
        return x;
    }
}
