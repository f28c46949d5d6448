package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Integer types that LibTorch carries in wider ones: what is too large for the type wraps around here, or saturates.
final class NarrowIntegers {
    private NarrowIntegers() {}

    static double lowest(DataType type) {
        return type.isSigned() ? -Math.scalb(1.0, type.bits() - 1) : 0;
    }

    static double highest(DataType type) {
        return lowest(type) + Math.scalb(1.0, type.bits()) - 1;
    }

    /// Whether values of `type` live in a wider type of LibTorch.
    static boolean isCarried(DataType type) {
        return switch (type) {
            case UINT2, INT2, UINT4, INT4, UINT16, UINT32 -> true;
            default -> false;
        };
    }

    /// `x` modulo 2^bits of `type`, in the type that carries it; `x` itself where LibTorch has `type`.
    static Tensor wrapped(Tensor x, DataType type) {
        ScalarType carrier = HostTransfer.carrier(type);
        if (!isCarried(type)) {
            return x.to(carrier);
        }
        Tensor wide = x.to(ScalarType.Long);
        Scalar mask = new Scalar((1L << type.bits()) - 1);
        if (!type.isSigned()) {
            return torch.bitwise_and(wide, mask).to(carrier);
        }
        Scalar half = new Scalar(1L << (type.bits() - 1));
        return torch.bitwise_and(wide.add(half), mask).sub(half).to(carrier);
    }

    /// The integers next to the real numbers `x`, ties to even, limited to the range of `type`, in the type that
    /// carries it. Changes `x`, which must be the caller's own.
    static Tensor saturated(Tensor x, DataType type) {
        ScalarOptional low = new ScalarOptional(new Scalar(lowest(type)));
        ScalarOptional high = new ScalarOptional(new Scalar(highest(type)));
        x.clamp_(low, high);
        return x.to(HostTransfer.carrier(type));
    }
}
