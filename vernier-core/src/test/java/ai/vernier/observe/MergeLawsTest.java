package ai.vernier.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Statistics of any parts, merged in any order, are those of the whole, bit for bit.
class MergeLawsTest {
    /// The least positive float32.
    private static final float TINY = Float.intBitsToFloat(1);

    static LongStream seeds() {
        return LongStream.range(0, 100);
    }

    /// Values of very different sizes, so that bins have to double on the way.
    private static float[] values(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[1 + random.nextInt(300)];
        double spread = random.nextDouble(0, 40);
        double positive = random.nextDouble();
        for (int i = 0; i < values.length; i++) {
            double magnitude = Math.exp(random.nextDouble(-spread, spread));
            values[i] = (float) (random.nextDouble() < positive ? magnitude : -magnitude);
            if (random.nextInt(8) == 0) {
                values[i] *= 0;
            }
        }
        return values;
    }

    private static List<float[]> parts(float[] values, SplittableRandom random) {
        List<float[]> parts = new ArrayList<>();
        for (int from = 0; from < values.length; ) {
            int to = Math.min(values.length, from + 1 + random.nextInt(40));
            parts.add(Arrays.copyOfRange(values, from, to));
            from = to;
        }
        return parts;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void histogramsOfPartsMergeToThatOfTheWhole(long seed) {
        float[] values = values(seed);
        SplittableRandom random = new SplittableRandom(~seed);
        List<Histogram> parts = new ArrayList<>(
                parts(values, random).stream().map(Histogram::of).toList());
        Collections.shuffle(parts, new Random(seed));
        while (parts.size() > 1) {
            int at = random.nextInt(parts.size() - 1);
            parts.set(at, parts.get(at).merge(parts.remove(at + 1)));
        }
        assertThat(parts.getFirst()).isEqualTo(Histogram.of(values));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void countingPartByPartIsCountingAtOnce(long seed) {
        float[] values = values(seed);
        HistogramBuilder builder = new HistogramBuilder();
        parts(values, new SplittableRandom(~seed)).forEach(builder::add);
        assertThat(builder.toHistogram()).isEqualTo(Histogram.of(values));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void mergingCommutesAndEmptyIsNeutral(long seed) {
        TensorStatistics a = TensorStatistics.of(values(seed));
        TensorStatistics b = TensorStatistics.of(values(seed + 1000));
        assertThat(a.merge(b)).isEqualTo(b.merge(a));
        assertThat(a.merge(TensorStatistics.EMPTY)).isEqualTo(a);
        assertThat(TensorStatistics.EMPTY.merge(a)).isEqualTo(a);
        Statistics whole = new Statistics(3, Map.of("x", a));
        assertThat(whole.merge(Statistics.EMPTY)).isEqualTo(whole);
        assertThat(whole.merge(new Statistics(2, Map.of("x", b, "y", a))))
                .isEqualTo(new Statistics(5, Map.of("x", a.merge(b), "y", a)));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyValueIsCountedInTheBinThatContainsIt(long seed) {
        float[] values = values(seed);
        Histogram histogram = Histogram.of(values);
        long[] expected = new long[histogram.bins()];
        for (float value : values) {
            long magnitude = (long) (Math.abs((double) value) / histogram.binWidth());
            expected[(int) (value < 0 ? -1 - magnitude : magnitude) - histogram.firstBin()]++;
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat(histogram.count(i)).isEqualTo(expected[i]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void anyNumberOfThreadsCountsTheSame(int threads) {
        SplittableRandom random = new SplittableRandom(threads);
        float[] values = new float[300_001];
        for (int i = 0; i < values.length; i++) {
            // The values grow, so that bins double within a thread's share, and to different widths.
            values[i] = (float) (random.nextDouble(-3, 5) * Math.exp(i * 2e-5));
        }
        Counting counting = new Counting(threads);
        HistogramBuilder builder = new HistogramBuilder();
        Extremes extremes = counting.count(MemorySegment.ofArray(values), builder);
        assertThat(builder.toHistogram()).isEqualTo(plainly(values));
        assertThat(new Range(extremes.min(), extremes.max(), values.length)).isEqualTo(Range.of(values));
        assertThat(counting.measure(MemorySegment.ofArray(values))).isEqualTo(extremes);
        // A second tensor finds nothing left over from the first.
        float[] few = {1, -2, 0.5f};
        HistogramBuilder other = new HistogramBuilder();
        counting.count(MemorySegment.ofArray(few), other);
        assertThat(other.toHistogram()).isEqualTo(plainly(few));
    }

    /// The definition: the smallest k for which the bins from the extremes to zero are few enough, and every value in
    /// its bin.
    private static Histogram plainly(float[] values) {
        double min = 0;
        double max = 0;
        for (float value : values) {
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        int exponent = Histogram.MIN_EXPONENT;
        while (bin(max, exponent) - bin(min, exponent) >= Histogram.MAX_BINS) {
            exponent++;
        }
        long[] counts = new long[2 * Histogram.MAX_BINS];
        for (float value : values) {
            counts[(int) bin(value, exponent) + Histogram.MAX_BINS]++;
        }
        return Histogram.of(exponent, -Histogram.MAX_BINS, counts);
    }

    private static double bin(double value, int exponent) {
        double quotient = Math.floor(Math.abs(value) * Math.scalb(1.0, -exponent));
        return value < 0 ? -1 - quotient : quotient;
    }

    @Test
    void extremesAreThoseOfTheFloatsInOrder() {
        assertExtremes(new Extremes(-0f, 0f), 0f, -0f);
        assertExtremes(new Extremes(-3, -1.5f), -1.5f, -3);
        assertExtremes(new Extremes(-Float.MAX_VALUE, TINY), TINY, -TINY, -Float.MAX_VALUE);
        assertExtremes(Extremes.NONE);
        assertThat(Extremes.NONE.areFinite()).isTrue();
    }

    private static void assertExtremes(Extremes expected, float... values) {
        assertThat(new Counting(1).measure(MemorySegment.ofArray(values))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void aValueThatIsNotFiniteLeavesNothingCounted(float broken) {
        float[] values = new float[200_000];
        Arrays.fill(values, -1);
        values[150_000] = broken;
        HistogramBuilder builder = new HistogramBuilder();
        Counting counting = new Counting(2);
        Extremes extremes = counting.count(MemorySegment.ofArray(values), builder);
        assertThat(extremes.areFinite()).isFalse();
        assertThat(extremes.notFinite()).isEqualTo(Float.valueOf(broken));
        assertThat(builder.toHistogram()).isEqualTo(Histogram.EMPTY);
        counting.count(MemorySegment.ofArray(new float[] {2}), builder);
        assertThat(builder.toHistogram()).isEqualTo(Histogram.of(2));
        // The sign bit of a NaN is no order.
        float[] negative = {1, Float.intBitsToFloat(0xffc00000)};
        assertThat(counting.measure(MemorySegment.ofArray(negative)).areFinite())
                .isFalse();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void batchRangesKeepTheOrderOfTheData(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<BatchRanges> batches = new ArrayList<>();
        for (long first = 0; first < 10; first++) {
            Range range = Range.of((float) random.nextDouble(), (float) random.nextDouble());
            batches.add(BatchRanges.of(first * 8, range));
        }
        BatchRanges inOrder = batches.stream().reduce(BatchRanges.EMPTY, BatchRanges::merge);
        Collections.shuffle(batches, new Random(seed));
        assertThat(batches.stream().reduce(BatchRanges.EMPTY, BatchRanges::merge))
                .isEqualTo(inOrder);
        assertThat(List.copyOf(inOrder.batches().keySet())).isSorted().hasSize(10);
    }
}
