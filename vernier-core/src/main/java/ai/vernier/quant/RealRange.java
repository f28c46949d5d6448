package ai.vernier.quant;

/// The closed interval [min, max] of finite reals.
public record RealRange(double min, double max) {
    /// @throws IllegalArgumentException where a bound is not finite or min > max
    public RealRange {
        if (!Double.isFinite(min) || !Double.isFinite(max) || min > max) {
            throw new IllegalArgumentException("not a range of reals: [%s, %s]".formatted(min, max));
        }
    }

    public double width() {
        return max - min;
    }

    /// The larger of |min| and |max|.
    public double absMax() {
        return Math.max(Math.abs(min), Math.abs(max));
    }

    /// The smallest range that also contains 0.
    public RealRange includingZero() {
        return new RealRange(Math.min(min, 0), Math.max(max, 0));
    }

    /// The smallest range that contains both.
    public RealRange union(RealRange other) {
        return new RealRange(Math.min(min, other.min), Math.max(max, other.max));
    }
}
