package ai.vernier.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.observe.Histogram;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.IntegerFormat;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HistogramErrorTest {
    private static final IntegerFormat UINT2 = new IntegerFormat(2, false);

    /// One bin [0, 1) on the grid 0, 1, 2, 3: ∫ x² over [0, ½] twice = 1/12.
    @Test
    void aFullStepHasTheErrorOfATwelfth() {
        QuantizationError error = new HistogramError(Histogram.of(0, 0, 7), 1);
        assertThat(error.of(Encoding.perTensor(UINT2, 1, 0))).isCloseTo(1 / 12.0, within(1e-12));
    }

    /// The same bin on the grid 0, 2, 4, 6 rounds to 0: ∫ x² over [0, 1] = 1/3.
    @Test
    void halfACoarseStepRoundsToOneSide() {
        QuantizationError error = new HistogramError(Histogram.of(0, 0, 7), 1);
        assertThat(error.of(Encoding.perTensor(UINT2, 2, 0))).isCloseTo(1 / 3.0, within(1e-12));
    }

    /// The bin [4, 5) beyond the highest real 3: ∫ x² over [1, 2] = 7/3, gamma times.
    @Test
    void beyondTheEndTheErrorGrows() {
        Histogram histogram = Histogram.of(0, 4, 1);
        Encoding grid = Encoding.perTensor(UINT2, 1, 0);
        assertThat(new HistogramError(histogram, 1).of(grid)).isCloseTo(7 / 3.0, within(1e-12));
        assertThat(new HistogramError(histogram, 3).of(grid)).isCloseTo(7, within(1e-12));
    }

    /// The bin (−2, −1] below the lowest real −1 of a grid with zero point 1: ∫ x² over [0, 1] = 1/3,
    /// gamma times.
    @Test
    void belowTheLowerEndToo() {
        Encoding grid = Encoding.perTensor(UINT2, 1, 1);
        assertThat(new HistogramError(Histogram.of(0, -2, 5), 3).of(grid)).isCloseTo(1, within(1e-12));
    }

    static LongStream seeds() {
        return LongStream.range(0, 50);
    }

    /// Many values drawn evenly within their bins have the error that the integral expects.
    @ParameterizedTest
    @MethodSource("seeds")
    void theExpectationIsWhatValuesShow(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[200_000];
        double from = random.nextDouble(-3, 1);
        double to = from + random.nextDouble(1, 4);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(from, to);
        }
        double gamma = random.nextDouble(1, 4);
        IntegerFormat format = new IntegerFormat(2 + random.nextInt(6), false);
        float scale = (float) (random.nextDouble(2, 6) / format.max());
        Encoding grid = Encoding.perTensor(format, scale, random.nextLong(format.max()));
        double expected = new HistogramError(Histogram.of(values), gamma).of(grid);
        assertThat(expected).isCloseTo(new ValuesError(values, gamma).of(grid), within(expected * 0.02));
    }
}
