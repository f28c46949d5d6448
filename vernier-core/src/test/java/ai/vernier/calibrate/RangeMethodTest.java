package ai.vernier.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.observe.StatisticKind;
import ai.vernier.onnx.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RangeMethodTest {
    @ParameterizedTest
    @CsvSource({
        "minmax, minmax",
        "mse, mse",
        "moving-average, moving-average:0.9",
        "moving-average:0.5, moving-average:0.5",
        "percentile, percentile:99.99",
        "percentile:99.9, percentile:99.9",
        "sqnr, sqnr:3.0",
        "sqnr:1.5, sqnr:1.5",
    })
    void namesAndParametersAreRead(String text, String full) {
        assertThat(RangeMethod.parse(text).text()).isEqualTo(full);
        assertThat(RangeMethod.parse(full)).isEqualTo(RangeMethod.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"extrema, minmax", "tf, minmax", "mean, moving-average:0.9", "tf-enhanced, sqnr:3.0"})
    void namesOfOtherQuantizersAreUnderstoodAndWrittenAsOurs(String theirs, String ours) {
        assertThat(RangeMethod.parse(theirs).text()).isEqualTo(ours);
    }

    @Test
    void anUnknownNameListsTheKnownOnes() {
        assertThatThrownBy(() -> RangeMethod.parse("entropy"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("'entropy'")
                .hasMessageContaining("minmax, moving-average")
                .hasMessageContaining("sqnr");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "minmax:1",
                "percentile:",
                "percentile:x",
                "percentile:101",
                "percentile:50",
                "moving-average:1",
                "sqnr:-1",
                "sqnr:Infinity",
                "percentile:NaN"
            })
    void parametersOutsideOfTheirRangeAreRefused(String text) {
        assertThatThrownBy(() -> RangeMethod.parse(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(text.substring(0, 4));
    }

    @Test
    void onlyWhatIsNeededIsMeasured() {
        assertThat(RangeMethod.parse("minmax").needs()).isEmpty();
        assertThat(RangeMethod.parse("moving-average").needs()).containsExactly(StatisticKind.BATCH_RANGES);
        assertThat(RangeMethod.parse("mse").needs()).containsExactly(StatisticKind.HISTOGRAM);
    }
}
