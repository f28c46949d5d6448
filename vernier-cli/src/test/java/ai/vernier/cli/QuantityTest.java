package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.InvalidInputException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "1B, 1",
        "500kB, 500000",
        "4GB, 4000000000",
        "4 gb, 4000000000",
        "2GiB, 2147483648",
        "1.5 KiB, 1536",
        "0.25TB, 250000000000"
    })
    void sizesHaveUnits(String text, long bytes) {
        assertThat(Quantity.bytes("--memory", text)).isEqualTo(bytes);
    }

    @Test
    void timesHaveUnits() {
        assertThat(Quantity.duration("--time-limit", "500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(Quantity.duration("--time-limit", "1.5 min")).isEqualTo(Duration.ofSeconds(90));
        assertThat(Quantity.duration("--time-limit", "2h")).isEqualTo(Duration.ofHours(2));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "GB", "4", "-4GB", "4XB", "0GB", "0.1B", "1e9B", "99999999999999TB", "4GB5MB", "1,5GB", "٤GB"
            })
    void whatIsNoSizeIsRefusedWithAnExample(String text) {
        assertThatThrownBy(() -> Quantity.bytes("--memory", text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("--memory: found '" + text + "'")
                .hasMessageContaining("4GB");
    }
}
