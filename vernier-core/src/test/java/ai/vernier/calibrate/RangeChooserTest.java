package ai.vernier.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.observe.BatchRanges;
import ai.vernier.observe.Range;
import ai.vernier.observe.TensorStatistics;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.RangeToEncoding;
import ai.vernier.quant.RealRange;
import ai.vernier.quant.Scheme;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RangeChooserTest {
    private static final QuantSpec UINT8 = QuantSpec.perTensor(IntegerFormat.UINT8, Scheme.ASYMMETRIC);
    private static final RangeChooser CHOOSER = new RangeChooser(RangeToEncoding.DEFAULT);

    static LongStream seeds() {
        return LongStream.range(0, 60);
    }

    private static RealRange choose(String method, QuantSpec spec, float... values) {
        return CHOOSER.choose(RangeMethod.parse(method), spec, TensorStatistics.of(values));
    }

    private static float[] laplace(long seed, int count) {
        RandomGenerator random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            double magnitude = -Math.log(1 - random.nextDouble());
            values[i] = (float) (random.nextBoolean() ? magnitude : -magnitude);
        }
        return values;
    }

    @Test
    void minmaxIsExact() {
        assertThat(choose("minmax", UINT8, -0.1f, 7, 3)).isEqualTo(new RealRange(-0.1f, 7));
    }

    /// min: 0, then 0.9·0 + 0.1·(−10) = −1, then 0.9·(−1) + 0.1·(−10) = −1.9. max: 1, 1, 0.9 + 0.1·2 = 1.1.
    @Test
    void theMovingAverageFollowsTheOrderOfTheData() {
        BatchRanges batches = BatchRanges.of(16, Range.of(-10, 2))
                .merge(BatchRanges.of(0, Range.of(0, 1)))
                .merge(BatchRanges.of(8, Range.of(-10, 1)));
        TensorStatistics statistics =
                new TensorStatistics(Range.of(-10, 2), batches, TensorStatistics.EMPTY.histogram());
        RealRange range = CHOOSER.choose(RangeMethod.parse("moving-average"), UINT8, statistics);
        assertThat(range.min()).isCloseTo(-1.9, within(1e-12));
        assertThat(range.max()).isCloseTo(1.1, within(1e-12));
    }

    /// 10 000 values spread evenly over −2 … 8: 99 % leaves out −2 … −1.9 and 7.9 … 8.
    @Test
    void thePercentileOfAnEvenSpread() {
        float[] values = new float[10_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = -2 + (i + 0.5f) / 1000;
        }
        RealRange range = choose("percentile:99", UINT8, values);
        assertThat(range.min()).isCloseTo(-1.9, within(0.003));
        assertThat(range.max()).isCloseTo(7.9, within(0.003));
        assertThat(choose("percentile:100", UINT8, values)).isEqualTo(choose("minmax", UINT8, values));
    }

    /// −ln(2 · 0.001) = 6.215 leaves 0.1 % of a Laplace distribution on each side.
    @Test
    void thePercentileOfALaplaceDistribution() {
        RealRange range = choose("percentile:99.9", UINT8, laplace(1, 1_000_000));
        assertThat(range.max()).isCloseTo(6.215, within(0.1));
        assertThat(range.min()).isCloseTo(-6.215, within(0.1));
    }

    @Test
    void aPercentileNeverExceedsTheValues() {
        assertThat(choose("percentile", UINT8, 5, 5, 5)).isEqualTo(new RealRange(5, 5));
        assertThat(choose("percentile", UINT8, 1, 1, 6, 6)).satisfies(range -> {
            assertThat(range.min()).isBetween(1.0, 1.001);
            assertThat(range.max()).isEqualTo(6);
        });
    }

    /// Banner et al. (arXiv 1810.05723): the best symmetric clipping of Laplace(1) is 5.03 at 4 bits,
    /// 9.89 at 8 bits.
    @ParameterizedTest
    @ValueSource(ints = {4, 8})
    void mseFindsTheKnownOptimumOfALaplaceDistribution(int bits) {
        QuantSpec spec = QuantSpec.perTensor(new IntegerFormat(bits, true), Scheme.SYMMETRIC_RESTRICTED);
        RealRange range = choose("mse", spec, laplace(2, 2_000_000));
        double expected = bits == 4 ? 5.03 : 9.89;
        assertThat(Math.max(range.max(), -range.min())).isCloseTo(expected, within(expected * 0.06));
    }

    /// QNN's illustration of enhanced ranges: most values in [−100, 1000], a few far outside.
    @Test
    void errorMinimizingMethodsCutALongTail() {
        RandomGenerator random = new SplittableRandom(3);
        float[] values = new float[1_000_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-100, 1000);
        }
        values[17] = 2000;
        values[4711] = -1200;
        RealRange mse = choose("mse", UINT8, values);
        assertThat(mse.max()).isBetween(990.0, 1150.0);
        assertThat(mse.min()).isBetween(-200.0, -95.0);
        RealRange sqnr = choose("sqnr:10000", UINT8, values);
        assertThat(sqnr.max()).as("clipping is dearer").isGreaterThan(mse.max());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void mseIsNeverWorseThanMinmaxAndNeverWider(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        QuantSpec spec = spec(random);
        float[] values = laplace(seed, 2000);
        TensorStatistics statistics = TensorStatistics.of(values);
        RealRange all = statistics.range().toRealRange();
        RealRange least = CHOOSER.choose(new RangeMethod.Mse(), spec, statistics);
        QuantizationError error = new HistogramError(statistics.histogram(), 1);
        assertThat(error.of(grid(spec, least))).isLessThanOrEqualTo(error.of(grid(spec, all)));
        assertThat(all.union(least)).isEqualTo(all);
        RealRange leastOfValues = CHOOSER.choose(new RangeMethod.Mse(), spec, values);
        QuantizationError exact = new ValuesError(values, 1);
        assertThat(exact.of(grid(spec, leastOfValues))).isLessThanOrEqualTo(exact.of(grid(spec, all)));
    }

    private static Encoding grid(QuantSpec spec, RealRange range) {
        return RangeToEncoding.DEFAULT.encoding(spec, range);
    }

    private static QuantSpec spec(SplittableRandom random) {
        Scheme scheme = random.nextBoolean() ? Scheme.ASYMMETRIC : Scheme.SYMMETRIC;
        return QuantSpec.perTensor(new IntegerFormat(2 + random.nextInt(7), random.nextBoolean()), scheme);
    }

    @ParameterizedTest
    @EnumSource(Scheme.class)
    void valuesThatAreNeverNegativeKeepZeroAsTheirLowerEnd(Scheme scheme) {
        float[] values = laplace(5, 10_000);
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.max(0, values[i]);
        }
        for (String method : new String[] {"minmax", "percentile", "mse", "sqnr"}) {
            QuantSpec spec = QuantSpec.perTensor(IntegerFormat.UINT8, scheme);
            RealRange range = choose(method, spec, values);
            assertThat(range.includingZero().min()).as(method).isZero();
        }
    }

    @Test
    void symmetricSchemesGetSymmetricGrids() {
        QuantSpec spec = QuantSpec.perTensor(IntegerFormat.INT8, Scheme.SYMMETRIC_RESTRICTED);
        for (String method : new String[] {"minmax", "percentile:99", "mse", "sqnr"}) {
            Encoding grid = grid(spec, choose(method, spec, laplace(6, 1000)));
            assertThat(grid.zeroPoint(0)).isZero();
            assertThat(grid.min(0)).isEqualTo(-grid.max(0));
        }
    }

    @Test
    void valuesThatTheGridHoldsExactlyAreNotClipped() {
        float[] values = new float[256];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / 64f;
        }
        RealRange range = CHOOSER.choose(new RangeMethod.Mse(), UINT8, values);
        assertThat(range).isEqualTo(new RealRange(0, 255 / 64f));
    }

    @Test
    void nothingSeenIsTheEmptyRange() {
        for (String method : new String[] {"minmax", "moving-average", "percentile", "mse", "sqnr"}) {
            assertThat(CHOOSER.choose(RangeMethod.parse(method), UINT8, TensorStatistics.EMPTY))
                    .isEqualTo(new RealRange(0, 0));
            assertThat(choose(method, UINT8, 0f, -0f, 0f).absMax()).isZero();
        }
    }
}
