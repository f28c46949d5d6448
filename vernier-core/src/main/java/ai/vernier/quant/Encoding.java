package ai.vernier.quant;

import java.util.Arrays;

/// A calibrated grid: `real = scale · (q − zeroPoint)` with q in the format's codes, one scale and zero point per
/// granule (1 per tensor; one per channel; channel-major blocks for groups, shaped like the tensor with the grouped
/// axis
/// divided by the group size).
///
/// Scales are float32 because that is what every file format and runtime stores: a grid calibrated in double and
/// narrowed later would be another grid.
///
/// @param minCode lowest code in use; above the format's minimum for restricted ranges
/// @param maxCode highest code in use
public record Encoding(
        IntegerFormat format, Granularity granularity, float[] scales, long[] zeroPoints, long minCode, long maxCode) {
    public Encoding {
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
        scales = scales.clone();
        zeroPoints = zeroPoints.clone();
    }

    /// One scale for the whole tensor, all codes of the format in use.
    public static Encoding perTensor(IntegerFormat format, float scale, long zeroPoint) {
        return new Encoding(
                format,
                new Granularity.PerTensor(),
                new float[] {scale},
                new long[] {zeroPoint},
                format.min(),
                format.max());
    }

    @Override
    public float[] scales() {
        return scales.clone();
    }

    @Override
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
