package ai.vernier.observe;

/// Smallest and largest of some float32 values, which may be NaN or infinite; −0 is smaller than 0.
///
/// @param min +∞ where there is no value
/// @param max −∞ where there is no value
record Extremes(float min, float max) {
    /// Of no values.
    static final Extremes NONE = new Extremes(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);

    /// Of zero alone.
    static final Extremes ZERO = new Extremes(0, 0);

    Extremes merge(Extremes other) {
        return new Extremes(Math.min(min, other.min), Math.max(max, other.max));
    }

    boolean contains(Extremes other) {
        return min <= other.min && other.max <= max;
    }

    /// Whether every value, if there is any, is finite. Comparisons with NaN are false.
    boolean areFinite() {
        return min > Float.NEGATIVE_INFINITY && max < Float.POSITIVE_INFINITY;
    }

    /// One that is not finite; [#areFinite] is false.
    float notFinite() {
        return Float.isFinite(min) ? max : min;
    }
}
