package ai.vernier.observe;

import java.util.Arrays;

/// Counts of float32 values in bins of width 2^k that are aligned to zero, exactly mergeable.
///
/// Bin i ≥ 0 counts the values in [i·w, (i+1)·w), bin i < 0 those in (i·w, (i+1)·w] with w = 2^k; zero of
/// either sign is in bin 0. k is the smallest exponent for which the bins from the smallest to the
/// largest value, zero included, number at most [#MAX_BINS]. That makes the histogram a function of the
/// values alone: doubling the bins of a finer one gives exactly what counting at the coarser width would
/// have given, so merging is associative and commutative, bit for bit, and [#EMPTY] is neutral.
public final class Histogram {
    /// Bins between the extremes of the values and zero.
    public static final int MAX_BINS = 4096;

    /// The smallest k: below it, width and reciprocal would leave the normal float32 numbers.
    static final int MIN_EXPONENT = -126;

    /// No values.
    public static final Histogram EMPTY = new Histogram(MIN_EXPONENT, 0, new long[0]);

    private final int exponent;
    private final int firstBin;
    private final long[] counts;

    private Histogram(int exponent, int firstBin, long[] counts) {
        this.exponent = exponent;
        this.firstBin = firstBin;
        this.counts = counts;
    }

    /// The histogram of `values`, which are finite.
    ///
    /// @throws IllegalArgumentException where a value is NaN or infinite
    public static Histogram of(float... values) {
        HistogramBuilder builder = new HistogramBuilder();
        builder.add(values);
        return builder.toHistogram();
    }

    /// The histogram with `counts` from `firstBin` on, bins of width 2^`exponent`; leading and trailing
    /// empty bins do not matter.
    ///
    /// @throws IllegalArgumentException where the bins, zero included, exceed [#MAX_BINS], or a count is
    ///     negative
    public static Histogram of(int exponent, int firstBin, long... counts) {
        int from = 0;
        int to = counts.length;
        while (to > from && counts[to - 1] == 0) {
            to--;
        }
        while (from < to && counts[from] == 0) {
            from++;
        }
        if (from == to) {
            return EMPTY;
        }
        int lowest = Math.min(0, firstBin + from);
        int highest = Math.max(0, firstBin + to - 1);
        if (highest - lowest >= MAX_BINS || exponent < MIN_EXPONENT) {
            throw new IllegalArgumentException("bins %d … %d of width 2^%d, expected at most %d of width 2^%d or more"
                    .formatted(lowest, highest, exponent, MAX_BINS, MIN_EXPONENT));
        }
        if (Arrays.stream(counts).anyMatch(count -> count < 0)) {
            throw new IllegalArgumentException("a count is negative");
        }
        return new Histogram(exponent, firstBin + from, Arrays.copyOfRange(counts, from, to));
    }

    /// k: bins are 2^k wide.
    public int exponent() {
        return exponent;
    }

    public double binWidth() {
        return Math.scalb(1.0, exponent);
    }

    /// Number of the first bin with a value; 0 where empty.
    public int firstBin() {
        return firstBin;
    }

    /// Bins from the first to the last with a value.
    public int bins() {
        return counts.length;
    }

    /// Values in the bin that comes `index` after the first.
    public long count(int index) {
        return counts[index];
    }

    /// The lower edge of the bin that comes `index` after the first; for `index` = [#bins] the upper edge
    /// of the last.
    public double edge(int index) {
        return Math.scalb((double) firstBin + index, exponent);
    }

    /// Number of values.
    public long total() {
        return Arrays.stream(counts).sum();
    }

    public boolean isEmpty() {
        return counts.length == 0;
    }

    public Histogram merge(Histogram other) {
        if (isEmpty() || other.isEmpty()) {
            return isEmpty() ? other : this;
        }
        int merged = Math.max(exponent, other.exponent);
        while (spanAt(merged, other) > MAX_BINS) {
            merged++;
        }
        int lowest = Math.min(firstAt(merged), other.firstAt(merged));
        int highest = Math.max(lastAt(merged), other.lastAt(merged));
        long[] sum = new long[highest - lowest + 1];
        addTo(sum, lowest, merged);
        other.addTo(sum, lowest, merged);
        return new Histogram(merged, lowest, sum);
    }

    private int spanAt(int coarser, Histogram other) {
        int lowest = Math.min(0, Math.min(firstAt(coarser), other.firstAt(coarser)));
        int highest = Math.max(0, Math.max(lastAt(coarser), other.lastAt(coarser)));
        return highest - lowest + 1;
    }

    private int firstAt(int coarser) {
        return shift(firstBin, coarser - exponent);
    }

    private int lastAt(int coarser) {
        return shift(firstBin + counts.length - 1, coarser - exponent);
    }

    private void addTo(long[] sum, int lowest, int coarser) {
        for (int i = 0; i < counts.length; i++) {
            sum[shift(firstBin + i, coarser - exponent) - lowest] += counts[i];
        }
    }

    /// The bin that contains `bin` after its width has doubled `doublings` times.
    static int shift(int bin, int doublings) {
        return bin >> Math.min(doublings, Integer.SIZE - 1);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Histogram that
                && exponent == that.exponent
                && firstBin == that.firstBin
                && Arrays.equals(counts, that.counts);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * exponent + firstBin) + Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
        return "%d values in %d bins of 2^%d from %d".formatted(total(), bins(), exponent, firstBin);
    }
}
