package ai.vernier.observe;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Bins that double as the values grow: a [Histogram] under construction. Not safe for use by several threads; they
/// count into a [Tally] each.
final class HistogramBuilder {
    /// Bin 0 sits in the middle, so that the window never moves: bins lie in −[Histogram#MAX_BINS] …
    /// [Histogram#MAX_BINS] − 1.
    static final int ZERO = Histogram.MAX_BINS;

    /// A power of two.
    static final int BINS = 2 * ZERO;

    private final long[] counts = new long[BINS];
    private int exponent = Histogram.MIN_EXPONENT;
    private Extremes covered = Extremes.ZERO;

    /// Counts `values`.
    ///
    /// @throws IllegalArgumentException where a value is NaN or infinite
    void add(float... values) {
        Extremes extremes = new Counting(1).count(MemorySegment.ofArray(values), this);
        if (!extremes.areFinite()) {
            throw new IllegalArgumentException("cannot count " + extremes.notFinite());
        }
    }

    /// k: bins are 2^k wide.
    int exponent() {
        return exponent;
    }

    /// Values within these extremes need no wider bins.
    Extremes covered() {
        return covered;
    }

    /// The smallest k, `least` or more, with which all of `extremes` and zero fit into [Histogram#MAX_BINS] bins.
    static int exponentFor(Extremes extremes, int least) {
        // Two times MAX_BINS of this width do not reach the largest magnitude: no finer one can fit.
        float magnitude = Math.max(extremes.max(), -extremes.min());
        int tooFine = Math.getExponent(magnitude) - Integer.numberOfTrailingZeros(Histogram.MAX_BINS);
        int needed = Math.max(least, tooFine);
        while (bin(extremes.max(), needed) - bin(extremes.min(), needed) >= Histogram.MAX_BINS) {
            needed++;
        }
        return needed;
    }

    private static long bin(double value, int exponent) {
        long magnitude = (long) Math.scalb(Math.abs(value), -exponent);
        return value < 0 ? ~magnitude : magnitude;
    }

    /// Where a value that fits is counted.
    static int index(float value, int exponent) {
        return Math.toIntExact(ZERO + bin(value, exponent));
    }

    /// Doubles the bins until `extremes` fit beside all that was covered.
    void grow(Extremes extremes) {
        covered = covered.merge(extremes);
        int needed = exponentFor(covered, exponent);
        if (needed > exponent) {
            fold(needed - exponent);
            exponent = needed;
        }
    }

    private void fold(int doublings) {
        long[] finer = counts.clone();
        Arrays.fill(counts, 0);
        for (int i = 0; i < finer.length; i++) {
            counts[ZERO + Histogram.shift(i - ZERO, doublings)] += finer[i];
        }
    }

    void raise(int index, long by) {
        counts[index] += by;
    }

    Histogram toHistogram() {
        return Histogram.of(exponent, -ZERO, counts);
    }
}
