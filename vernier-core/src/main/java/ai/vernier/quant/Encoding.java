package ai.vernier.quant;

import java.util.Arrays;

/// A calibrated grid: `real = scale · (q − zeroPoint)` with q in the format's codes, one scale and zero point per
/// granule (1 per tensor; one per channel; channel-major blocks for groups, shaped like the tensor with the grouped
/// axis divided by the group size).
///
/// Scales are float32 because that is what every file format and runtime stores: a grid calibrated in double and
/// narrowed later would be another grid.
public final class Encoding {
    private final IntegerFormat format;
    private final Granularity granularity;
    private final float[] scales;
    private final long[] zeroPoints;
    private final long minCode;
    private final long maxCode;

    private Encoding(Grid grid, float[] scales, long[] zeroPoints) {
        this.format = grid.format;
        this.granularity = grid.granularity;
        this.minCode = grid.minCode;
        this.maxCode = grid.maxCode;
        this.scales = scales.clone();
        this.zeroPoints = zeroPoints.clone();
        check();
    }

    /// The codes of an encoding without its numbers: format, granularity and the codes in use.
    ///
    /// @param minCode lowest code in use; above the format's minimum for restricted ranges
    /// @param maxCode highest code in use
    public record Grid(IntegerFormat format, Granularity granularity, long minCode, long maxCode) {
        /// The grid that `spec` asks for: restricted schemes leave out the most negative code.
        public static Grid of(QuantSpec spec) {
            IntegerFormat format = spec.format();
            long skipped = spec.scheme() == Scheme.SYMMETRIC_RESTRICTED ? 1 : 0;
            return new Grid(format, spec.granularity(), format.min() + skipped, format.max());
        }

        /// Completes the grid with its numbers, one scale and one zero point per granule.
        ///
        /// @throws IllegalArgumentException where the counts differ, a scale is not positive and finite,
        ///     or a zero point lies outside the format
        public Encoding with(float[] scales, long[] zeroPoints) {
            return new Encoding(this, scales, zeroPoints);
        }
    }

    private void check() {
        if (scales.length != zeroPoints.length || scales.length == 0) {
            throw new IllegalArgumentException(
                    "%d scales and %d zero points".formatted(scales.length, zeroPoints.length));
        }
        for (int i = 0; i < scales.length; i++) {
            if (!(scales[i] > 0) || Float.isInfinite(scales[i])) {
                throw new IllegalArgumentException(
                        "scale %d is %s, expected positive and finite".formatted(i, scales[i]));
            }
            if (format.clamp(zeroPoints[i]) != zeroPoints[i]) {
                throw new IllegalArgumentException(
                        "zero point %d is %d, outside %s".formatted(i, zeroPoints[i], format.text()));
            }
        }
    }

    /// One scale for the whole tensor, all codes of the format in use.
    public static Encoding perTensor(IntegerFormat format, float scale, long zeroPoint) {
        Grid grid = new Grid(format, new Granularity.PerTensor(), format.min(), format.max());
        return grid.with(new float[] {scale}, new long[] {zeroPoint});
    }

    public IntegerFormat format() {
        return format;
    }

    public Granularity granularity() {
        return granularity;
    }

    /// Lowest code in use; above the format's minimum for restricted ranges.
    public long minCode() {
        return minCode;
    }

    /// Highest code in use.
    public long maxCode() {
        return maxCode;
    }

    public float[] scales() {
        return scales.clone();
    }

    public long[] zeroPoints() {
        return zeroPoints.clone();
    }

    public int granules() {
        return scales.length;
    }

    public float scale(int granule) {
        return scales[granule];
    }

    public long zeroPoint(int granule) {
        return zeroPoints[granule];
    }

    /// The lowest real that granule `granule` represents.
    public double min(int granule) {
        return (double) scales[granule] * (minCode - zeroPoints[granule]);
    }

    /// The highest real that granule `granule` represents.
    public double max(int granule) {
        return (double) scales[granule] * (maxCode - zeroPoints[granule]);
    }

    /// Whether every zero point is the middle code (0 where signed).
    public boolean isSymmetric() {
        long middle = format.signed() ? 0 : 1L << (format.bits() - 1);
        return Arrays.stream(zeroPoints).allMatch(zeroPoint -> zeroPoint == middle);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Encoding that
                && format.equals(that.format)
                && granularity.equals(that.granularity)
                && Arrays.equals(scales, that.scales)
                && Arrays.equals(zeroPoints, that.zeroPoints)
                && minCode == that.minCode
                && maxCode == that.maxCode;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * format.hashCode() + Arrays.hashCode(scales)) + Arrays.hashCode(zeroPoints);
    }

    @Override
    public String toString() {
        String where = granules() == 1
                ? "scale=%s zeroPoint=%d".formatted(scales[0], zeroPoints[0])
                : "%s × %d".formatted(granularity, granules());
        return format.text() + " " + where;
    }
}
