package ai.vernier.engine.op;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Unsigned 64-bit integers, which LibTorch sees as signed ones of the same bits. Sums, products and bit operators
/// agree for both; what does not is here.
final class Unsigned64 {
    private static final double TWO_TO_63 = 0x1p63;

    private Unsigned64() {}

    /// Flips the sign bit: signed comparison of the results is unsigned comparison of the arguments. Its own inverse.
    static Tensor ordered(Tensor x) {
        return torch.bitwise_xor(x, new Scalar(Long.MIN_VALUE));
    }

    /// The values as floating-point numbers. Large ones are halved first, the lost bit kept as a sticky one, so that
    /// there is only one rounding.
    static Tensor toReal(Tensor x, ScalarType type) {
        Tensor sticky = torch.bitwise_or(shiftedRight(x), torch.bitwise_and(x, new Scalar(1L)));
        Tensor large = sticky.to(type).mul(new Scalar(2.0));
        return torch.where(x.lt(new Scalar(0L)), large, x.to(type));
    }

    /// Truncates numbers from 0 up to 2^64.
    static Tensor ofReal(Tensor x) {
        Tensor real = x.to(ScalarType.Double);
        Tensor large = real.ge(new Scalar(TWO_TO_63));
        Tensor low = torch.where(large, real.sub(new Scalar(2 * TWO_TO_63)), real);
        return low.to(ScalarType.Long);
    }

    private static Tensor shiftedRight(Tensor x) {
        Tensor shifted = torch.bitwise_right_shift(x, new Scalar(1L));
        return torch.bitwise_and(shifted, new Scalar(Long.MAX_VALUE));
    }

    /// Shifts by `places` from 0 to 63, zeros coming in from above.
    static Tensor shiftedRight(Tensor x, Tensor places) {
        Tensor fewer = places.sub(new Scalar(1L)).clamp_min(new Scalar(0L));
        Tensor shifted = torch.bitwise_right_shift(shiftedRight(x), fewer);
        return torch.where(places.eq(new Scalar(0L)), x, shifted);
    }

    /// x / y: with h = ⌊(x >> 1) / y⌋ · 2, the rest x − h·y still holds y at most once; where y has the top bit, the
    /// quotient is 0 or 1.
    static Tensor quotient(Tensor x, Tensor y) {
        Tensor divisor = torch.where(y.lt(new Scalar(0L)), torch.ones_like(y), y);
        Tensor twice = ElementwiseOps.truncated(shiftedRight(x), divisor).mul(new Scalar(2L));
        Tensor rest = x.sub(twice.mul(divisor));
        Tensor small = twice.add(ordered(rest).ge(ordered(divisor)).to(ScalarType.Long));
        Tensor large = ordered(x).ge(ordered(y)).to(ScalarType.Long);
        return torch.where(y.lt(new Scalar(0L)), large, small);
    }

    /// Clip: x, and where they are there, the least and the greatest value.
    static Tensor clipped(Inputs in) {
        Tensor result = ordered(in.at(0));
        if (in.has(1)) {
            result = torch.maximum(result, ordered(in.at(1)));
        }
        if (in.has(2)) {
            result = torch.minimum(result, ordered(in.at(2)));
        }
        return ordered(result);
    }
}
