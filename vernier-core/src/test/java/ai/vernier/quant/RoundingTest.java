package ai.vernier.quant;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundingTest {
    @ParameterizedTest(name = "{0}: even {1}, up {2}, away from zero {3}")
    @CsvSource({
        " 0.5,  0,  1,  1",
        " 1.5,  2,  2,  2",
        "-0.5,  0,  0, -1",
        "-1.5, -2, -1, -2",
        "-2.5, -2, -2, -3",
        " 2.4,  2,  2,  2",
        "-2.6, -3, -3, -3",
        "0.49999999999999994, 0, 0, 0",
        "4503599627370497, 4503599627370497, 4503599627370497, 4503599627370497",
    })
    void onlyTiesDiffer(double value, long even, long up, long away) {
        assertThat((long) Rounding.HALF_EVEN.round(value)).isEqualTo(even);
        assertThat((long) Rounding.HALF_UP.round(value)).isEqualTo(up);
        assertThat((long) Rounding.HALF_AWAY_FROM_ZERO.round(value)).isEqualTo(away);
    }
}
