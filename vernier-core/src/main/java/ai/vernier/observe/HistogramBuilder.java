package ai.vernier.observe;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Counts values into a growing [Histogram]. Not safe for use by several threads; a large block is itself
/// counted by as many threads as it is told, each into bins of its own.
final class HistogramBuilder {
    /// Bin 0 sits in the middle, so that the window never moves: bins lie in −[Histogram#MAX_BINS] …
    /// [Histogram#MAX_BINS] − 1.
    private static final int ZERO = Histogram.MAX_BINS;

    /// Counting a smaller block takes less time than waking another thread.
    private static final long LEAST_PER_THREAD = 1 << 16;

    private final long[] counts = new long[2 * ZERO];
    private int exponent = Histogram.MIN_EXPONENT;
    private double min;
    private double max;

    /// Counts `values`.
    ///
    /// @throws IllegalArgumentException where a value is NaN or infinite
    void add(float... values) {
        add(MemorySegment.ofArray(values), Range.of(values), 1);
    }

    /// Counts the packed floats of `values`, in native byte order, whose range is `range`.
    void add(MemorySegment values, Range range, int threads) {
        if (range.isEmpty()) {
            return;
        }
        growTo(range);
        long count = range.count();
        int parts = Math.clamp(count / LEAST_PER_THREAD, 1, threads);
        if (parts == 1) {
            count(values, 0, count, counts);
            return;
        }
        addCounts(IntStream.range(0, parts)
                .parallel()
                .mapToObj(part -> {
                    long[] own = new long[counts.length];
                    count(values, count * part / parts, count * (part + 1) / parts, own);
                    return own;
                })
                .toList());
    }

    Histogram toHistogram() {
        return Histogram.of(exponent, -ZERO, counts);
    }

    /// The multiplication by 2^−k is exact unless it underflows, and then the quotient truncates to 0 as
    /// it should; the sign comes from the value itself. `+ 0` turns −0 into 0.
    private void count(MemorySegment values, long from, long to, long[] bins) {
        float inverseWidth = (float) Math.scalb(1.0, -exponent);
        for (long i = from; i < to; i++) {
            float value = values.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i) + 0f;
            int negative = Float.floatToRawIntBits(value) >> (Integer.SIZE - 1);
            bins[ZERO + negative + (int) (value * inverseWidth)]++;
        }
    }

    private void addCounts(List<long[]> parts) {
        for (long[] part : parts) {
            for (int i = 0; i < counts.length; i++) {
                counts[i] += part[i];
            }
        }
    }

    /// Doubles the bins until all values so far, those of `range` and zero fit into [Histogram#MAX_BINS]
    /// of them.
    private void growTo(Range range) {
        min = Math.min(min, range.min());
        max = Math.max(max, range.max());
        // Two times MAX_BINS of this width do not reach the largest magnitude: no finer one can fit.
        int tooFine = Math.getExponent(Math.max(max, -min)) - Integer.numberOfTrailingZeros(Histogram.MAX_BINS);
        int needed = Math.max(exponent, tooFine);
        while (bin(max, needed) - bin(min, needed) >= Histogram.MAX_BINS) {
            needed++;
        }
        if (needed > exponent) {
            fold(needed - exponent);
            exponent = needed;
        }
    }

    private static long bin(double value, int exponent) {
        long magnitude = (long) Math.scalb(Math.abs(value), -exponent);
        return value < 0 ? ~magnitude : magnitude;
    }

    private void fold(int doublings) {
        long[] finer = counts.clone();
        Arrays.fill(counts, 0);
        for (int i = 0; i < finer.length; i++) {
            counts[ZERO + Histogram.shift(i - ZERO, doublings)] += finer[i];
        }
    }
}
