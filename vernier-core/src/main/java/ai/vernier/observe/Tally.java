package ai.vernier.observe;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// One thread's share of counting a tensor: extremes and bins of a stretch of its values, found in one traversal.
///
/// The values come in blocks that fit the fastest cache. Loops that the compiler turns into vector code find the
/// extremes of a block and the bins of its values. Then the bins are counted, in lanes in turn: a counter cannot be
/// raised again before its last increment is stored, and half the values behind a ReLU are the same one.
final class Tally {
    private static final int BLOCK = 1024;
    private static final int LANES = 4;
    private static final int ZERO = HistogramBuilder.ZERO;

    private final int[] bits = new int[BLOCK];
    private final float[] values = new float[BLOCK];
    private final int[] bins = new int[BLOCK];

    // A lane counts at most a quarter of the values of one tensor, which stay below 2^33 (32 GB).
    private final int[][] lanes = new int[LANES][HistogramBuilder.BINS];
    private int exponent;
    private Extremes covered = Extremes.ZERO;

    /// Extremes of the floats `from` … `to − 1` of `memory`, in native byte order; nothing is counted.
    Extremes measure(MemorySegment memory, long from, long to) {
        Extremes extremes = Extremes.NONE;
        for (long at = from; at < to; at += BLOCK) {
            extremes = extremes.merge(load(memory, at, (int) Math.min(BLOCK, to - at)));
        }
        return extremes;
    }

    /// As [#measure], and counts the values into bins at least as wide as those of `target`, until
    /// [#addTo] takes them. A value that is not finite ends the counting and spoils the counts.
    Extremes count(MemorySegment memory, long from, long to, HistogramBuilder target) {
        exponent = target.exponent();
        covered = target.covered();
        Extremes extremes = Extremes.NONE;
        for (long at = from; at < to; at += BLOCK) {
            int count = (int) Math.min(BLOCK, to - at);
            Extremes block = load(memory, at, count);
            extremes = extremes.merge(block);
            if (!extremes.areFinite()) {
                return extremes;
            }
            cover(block);
            MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT_UNALIGNED, at * Float.BYTES, values, 0, count);
            findBins(count);
            countBins(count);
        }
        return extremes;
    }

    /// Copies a block and finds its extremes, by integers that are in order as the floats are.
    private Extremes load(MemorySegment memory, long at, int count) {
        MemorySegment.copy(memory, ValueLayout.JAVA_INT_UNALIGNED, at * Float.BYTES, bits, 0, count);
        int lowest = Integer.MAX_VALUE;
        int highest = Integer.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            int ordered = ordered(bits[i]);
            lowest = Math.min(lowest, ordered);
            highest = Math.max(highest, ordered);
        }
        return new Extremes(Float.intBitsToFloat(ordered(lowest)), Float.intBitsToFloat(ordered(highest)));
    }

    /// Reverses the order of the negative floats, whose bits count their magnitude; its own inverse.
    private static int ordered(int bits) {
        return bits ^ ((bits >> (Integer.SIZE - 1)) & Integer.MAX_VALUE);
    }

    private void cover(Extremes block) {
        if (!covered.contains(block)) {
            covered = covered.merge(block);
            int needed = HistogramBuilder.exponentFor(covered, exponent);
            if (needed > exponent) {
                for (int[] lane : lanes) {
                    fold(lane, needed - exponent);
                }
                exponent = needed;
            }
        }
    }

    private static void fold(int[] lane, int doublings) {
        int[] finer = lane.clone();
        Arrays.fill(lane, 0);
        for (int i = 0; i < finer.length; i++) {
            lane[ZERO + Histogram.shift(i - ZERO, doublings)] += finer[i];
        }
    }

    /// The multiplication by 2^−k is exact unless it underflows, and then the quotient truncates to 0 as it should.
    /// A negative value is one bin lower than its quotient; −0 is not negative.
    private void findBins(int count) {
        float inverseWidth = (float) Math.scalb(1.0, -exponent);
        for (int i = 0; i < count; i++) {
            int negative = (bits[i] & -(bits[i] & Integer.MAX_VALUE)) >> (Integer.SIZE - 1);
            bins[i] = (int) (values[i] * inverseWidth) + negative + ZERO;
        }
    }

    private void countBins(int count) {
        int[] first = lanes[0];
        int[] second = lanes[1];
        int[] third = lanes[2];
        int[] fourth = lanes[3];
        // The mask changes no bin; it tells the compiler that none is out of bounds.
        int whole = count & -LANES;
        for (int i = 0; i < whole; i += LANES) {
            first[bins[i] & (first.length - 1)]++;
            second[bins[i + 1] & (second.length - 1)]++;
            third[bins[i + 2] & (third.length - 1)]++;
            fourth[bins[i + 3] & (fourth.length - 1)]++;
        }
        for (int i = whole; i < count; i++) {
            first[bins[i]]++;
        }
    }

    /// Moves what was counted last to `target`.
    void addTo(HistogramBuilder target) {
        target.grow(covered);
        int doublings = target.exponent() - exponent;
        int highest = HistogramBuilder.index(covered.max(), exponent);
        for (int i = HistogramBuilder.index(covered.min(), exponent); i <= highest; i++) {
            long sum = 0;
            for (int[] lane : lanes) {
                sum += lane[i];
                lane[i] = 0;
            }
            target.raise(ZERO + Histogram.shift(i - ZERO, doublings), sum);
        }
    }

    /// Forgets what was counted last.
    void clear() {
        for (int[] lane : lanes) {
            Arrays.fill(lane, 0);
        }
    }
}
