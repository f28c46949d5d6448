package ai.vernier.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HistogramTest {
    /// The largest magnitude 4095 in at most 4096 bins: width 1.
    @Test
    void binsAreAlignedToZeroAndClosedTowardsIt() {
        Histogram histogram = Histogram.of(0, 0.5f, 1, 1.25f, 4095);
        assertThat(histogram.exponent()).isZero();
        assertThat(histogram.firstBin()).isZero();
        assertThat(histogram.bins()).isEqualTo(4096);
        assertThat(histogram.count(0)).isEqualTo(2);
        assertThat(histogram.count(1)).isEqualTo(2);
        assertThat(histogram.count(4095)).isEqualTo(1);
        assertThat(histogram.edge(4096)).isEqualTo(4096);
    }

    @Test
    void negativeValuesMirrorPositiveOnes() {
        Histogram histogram = Histogram.of(-0.5f, -1, -2047.5f, 2047.5f);
        assertThat(histogram.exponent()).isZero();
        assertThat(histogram.firstBin()).isEqualTo(-2048);
        assertThat(histogram.count(2047)).as("(−1, 0]").isEqualTo(1);
        assertThat(histogram.count(2046)).as("(−2, −1]").isEqualTo(1);
        assertThat(histogram.edge(0)).isEqualTo(-2048);
        assertThat(histogram.total()).isEqualTo(4);
    }

    @Test
    void oneValueMoreThanFitsDoublesTheBins() {
        assertThat(Histogram.of(4095.9f).exponent()).isZero();
        assertThat(Histogram.of(4096f).exponent()).isEqualTo(1);
        assertThat(Histogram.of(-4094.9f).exponent()).isZero();
        assertThat(Histogram.of(-4095.5f).exponent()).as("zero takes a bin too").isEqualTo(1);
        assertThat(Histogram.of(-2048.5f, 2047).exponent()).isEqualTo(1);
    }

    @Test
    void bothZerosAreInBinZero() {
        Histogram histogram = Histogram.of(0f, -0f, 3);
        assertThat(histogram.firstBin()).isZero();
        assertThat(histogram.count(0)).isEqualTo(2);
    }

    @Test
    void zerosAloneAndTheSmallestNumbersHaveTheFinestBins() {
        assertThat(Histogram.of(0f).exponent()).isEqualTo(Histogram.MIN_EXPONENT);
        Histogram tiny = Histogram.of(Float.intBitsToFloat(1), -Float.intBitsToFloat(1));
        assertThat(tiny.firstBin()).isEqualTo(-1);
        assertThat(tiny.bins()).isEqualTo(2);
    }

    @Test
    void theLargestNumbersFit() {
        Histogram histogram = Histogram.of(Float.MAX_VALUE, -Float.MAX_VALUE, Float.intBitsToFloat(1) * -1);
        assertThat(histogram.exponent()).isEqualTo(117);
        assertThat(histogram.firstBin()).isEqualTo(-2048);
        assertThat(histogram.bins()).isEqualTo(4096);
        assertThat(histogram.count(2047)).as("the tiny negative number").isEqualTo(1);
    }

    @Test
    void whatIsNotFiniteIsRefused() {
        assertThatThrownBy(() -> Histogram.of(1, Float.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> Histogram.of(1, Float.POSITIVE_INFINITY)).hasMessageContaining("Infinity");
    }

    @Test
    void partsDescribeTheSameHistogram() {
        assertThat(Histogram.of(0, -1, 0, 5, 7, 0)).isEqualTo(Histogram.of(0, 0, 5, 7));
        assertThat(Histogram.of(3, 7)).isEqualTo(Histogram.EMPTY);
        assertThatThrownBy(() -> Histogram.of(0, 4096, 1)).hasMessageContaining("at most 4096");
        assertThatThrownBy(() -> Histogram.of(0, 0, 2, -1)).hasMessageContaining("negative");
    }
}
