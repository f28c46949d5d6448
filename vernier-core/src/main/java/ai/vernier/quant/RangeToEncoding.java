package ai.vernier.quant;

import java.util.List;

/// Lays ranges of reals on the codes of a format: one range per granule in, an [Encoding] out.
///
/// Every range is extended to contain 0 and to the minimum width; then, with `steps = maxCode − minCode`,
///
///     asymmetric           scale = (max − min) / steps     zeroPoint = round(minCode − min / scale)
///     symmetric            scale = step(range)             zeroPoint = middle code
///     unsigned symmetric   scale = max / steps             zeroPoint = minCode         (min = 0; otherwise symmetric)
///
/// The arithmetic is in double and the zero point is found from the range, not from the rounded scale:
/// [−5.1, 5.1] at 8 bits is the tie 127.5, which a scale rounded first turns into 127.49…. The zero point
/// is an integer, so 0 is exactly representable; an asymmetric range moves by at most half a step for it.
public record RangeToEncoding(MinimumRange minimumRange, SymmetricStep symmetricStep) {
    /// The grid that everything in Vernier uses unless told otherwise.
    public static final RangeToEncoding DEFAULT = new RangeToEncoding(MinimumRange.relative(), SymmetricStep.EACH_SIDE);

    /// A smaller scale would be subnormal; runtimes flush those to zero, and its reciprocal could overflow.
    private static final double LEAST_SCALE = Float.MIN_NORMAL;

    /// The grid for `spec` over one range per granule.
    ///
    /// @throws IllegalArgumentException where there is no range, or several for a per-tensor grid
    public Encoding encoding(QuantSpec spec, List<RealRange> ranges) {
        if (ranges.isEmpty() || (spec.granularity() instanceof Granularity.PerTensor && ranges.size() > 1)) {
            throw new IllegalArgumentException("%d ranges for %s".formatted(ranges.size(), spec));
        }
        Encoding.Grid grid = Encoding.Grid.of(spec);
        List<RealRange> withZero = ranges.stream().map(RealRange::includingZero).toList();
        double least = minimumRange.least(withZero);
        float[] scales = new float[ranges.size()];
        long[] zeroPoints = new long[ranges.size()];
        for (int granule = 0; granule < scales.length; granule++) {
            RealRange range = widened(withZero.get(granule), least);
            scales[granule] = scale(range, spec.scheme(), grid);
            zeroPoints[granule] = zeroPoint(range, spec.scheme(), grid);
        }
        return grid.with(scales, zeroPoints);
    }

    /// The per-tensor grid for `spec` over `range`.
    public Encoding encoding(QuantSpec spec, RealRange range) {
        return encoding(spec, List.of(range));
    }

    private static RealRange widened(RealRange range, double least) {
        return new RealRange(range.min(), Math.max(range.max(), range.min() + least));
    }

    private float scale(RealRange range, Scheme scheme, Encoding.Grid grid) {
        long steps = grid.maxCode() - grid.minCode();
        double scale = switch (scheme) {
            case ASYMMETRIC -> range.width() / steps;
            case SYMMETRIC, SYMMETRIC_RESTRICTED -> symmetric(range, grid);
            case UNSIGNED_SYMMETRIC -> range.min() < 0 ? symmetric(range, grid) : range.max() / steps;
        };
        return (float) Math.max(scale, LEAST_SCALE);
    }

    private double symmetric(RealRange range, Encoding.Grid grid) {
        long middle = middleCode(grid.format());
        return symmetricStep.step(range, grid.maxCode() - middle, middle - grid.minCode());
    }

    private static long zeroPoint(RealRange range, Scheme scheme, Encoding.Grid grid) {
        return switch (scheme) {
            case ASYMMETRIC -> {
                double steps = grid.maxCode() - grid.minCode();
                long stepsBelowZero = (long) Math.rint(-range.min() * steps / range.width());
                yield grid.minCode() + stepsBelowZero;
            }
            case SYMMETRIC, SYMMETRIC_RESTRICTED -> middleCode(grid.format());
            case UNSIGNED_SYMMETRIC -> range.min() < 0 ? middleCode(grid.format()) : grid.minCode();
        };
    }

    /// The code of zero in symmetric grids: 0 where signed, 2^(bits−1) where unsigned.
    private static long middleCode(IntegerFormat format) {
        return format.signed() ? 0 : 1L << (format.bits() - 1);
    }
}
