package ai.vernier.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FixedPointMultiplierTest {
    /// The lab's question: M = 0.2 = 2^−2 · 0.8.
    @Test
    void oneFifthIsAQuarterOfFourFifths() {
        FixedPointMultiplier multiplier = FixedPointMultiplier.of(0.2);
        assertThat(multiplier.shift()).isEqualTo(2);
        assertThat(multiplier.normalized()).isCloseTo(0.8, within(0x1p-32));
        assertThat(multiplier.mantissa()).isEqualTo(1717986918);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 0.25, 0.9999999999, 3.7, 1e-9, 0.000123})
    void theMantissaKeepsThirtyBits(double value) {
        FixedPointMultiplier multiplier = FixedPointMultiplier.of(value);
        assertThat(multiplier.normalized()).isBetween(0.5, 1 - 0x1p-31);
        assertThat(multiplier.value()).isCloseTo(value, within(value * 0x1p-31));
    }

    @Test
    void aMantissaThatRoundsToOneIsNormalizedAgain() {
        assertThat(FixedPointMultiplier.of(1 - 0x1p-40)).isEqualTo(new FixedPointMultiplier(1 << 30, -1));
    }

    @Test
    void zeroHasNoNormalForm() {
        assertThatThrownBy(() -> FixedPointMultiplier.of(0)).hasMessageContaining("positive");
    }
}
