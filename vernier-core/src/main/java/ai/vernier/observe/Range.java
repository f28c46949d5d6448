package ai.vernier.observe;

import ai.vernier.quant.RealRange;

/// The exact extremes of some float32 values and how many there were.
///
/// Merging is associative and commutative; [#EMPTY] is neutral.
///
/// @param min smallest value; +∞ where there is none
/// @param max largest value; −∞ where there is none
public record Range(float min, float max, long count) {
    /// The range of no values.
    public static final Range EMPTY = new Range(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0);

    /// @throws IllegalArgumentException where there are values and the bounds are not finite and in order
    public Range {
        boolean bounded = Float.isFinite(min) && Float.isFinite(max) && min <= max;
        if (count < 0 || (count > 0 && !bounded)) {
            throw new IllegalArgumentException("no range of %d values: [%s, %s]".formatted(count, min, max));
        }
    }

    /// The range of `values`, which are finite.
    ///
    /// @throws IllegalArgumentException where a value is NaN or infinite
    public static Range of(float... values) {
        float min = Float.POSITIVE_INFINITY;
        float max = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        return new Range(min, max, values.length);
    }

    public Range merge(Range other) {
        return new Range(Math.min(min, other.min), Math.max(max, other.max), count + other.count);
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /// As an interval of reals; [0, 0] where empty.
    public RealRange toRealRange() {
        return isEmpty() ? new RealRange(0, 0) : new RealRange(min, max);
    }
}
