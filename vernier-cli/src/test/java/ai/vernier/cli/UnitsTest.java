package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class UnitsTest {
    @Test
    void sizesAreReadable() {
        assertThat(Units.bytes(0)).isEqualTo("0 B");
        assertThat(Units.bytes(999)).isEqualTo("999 B");
        assertThat(Units.bytes(999_949)).isEqualTo("999.9 kB");
        assertThat(Units.bytes(999_950)).isEqualTo("1.0 MB");
        assertThat(Units.bytes(13_600_000)).isEqualTo("13.6 MB");
        assertThat(Units.count(300_774_272)).isEqualTo("300.8 M");
        assertThat(Units.count(7)).isEqualTo("7");
    }

    @Test
    void durationsAreReadable() {
        assertThat(Units.duration(Duration.ofMillis(1449))).isEqualTo("1.4 s");
        assertThat(Units.duration(Duration.ofSeconds(125))).isEqualTo("2 min 05 s");
    }
}
