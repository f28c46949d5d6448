package ai.vernier.quant;

/// A positive real multiplier as integers: M = 2^−shift · M0 with M0 = mantissa / 2^31 in [0.5, 1).
///
/// Requantization multiplies the int32 accumulator by M = s_x · s_w / s_y; hardware does it with an
/// integer product and a shift. The mantissa is at least 2^30, so it carries 30 bits of relative accuracy
/// (Jacob et al., arXiv 1712.05877, equation 6).
///
/// @param shift n of the formula; negative where M ≥ 1
public record FixedPointMultiplier(int mantissa, int shift) {
    private static final double ONE = 0x1p31;

    public FixedPointMultiplier {
        if (mantissa < 1 << 30) {
            throw new IllegalArgumentException("a normalized mantissa is at least 2^30, found " + mantissa);
        }
    }

    /// The multiplier nearest to `value`.
    ///
    /// @throws IllegalArgumentException where `value` is not positive and finite
    public static FixedPointMultiplier of(double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("a multiplier is positive and finite, found " + value);
        }
        int shift = -(Math.getExponent(value) + 1);
        double mantissa = Math.rint(Math.scalb(value, shift) * ONE);
        return mantissa == ONE
                ? new FixedPointMultiplier(1 << 30, shift - 1)
                : new FixedPointMultiplier((int) mantissa, shift);
    }

    /// M0, in [0.5, 1).
    public double normalized() {
        return mantissa / ONE;
    }

    /// M = 2^−shift · M0.
    public double value() {
        return Math.scalb(normalized(), -shift);
    }
}
