package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LineProgressTest {
    private final AtomicLong millis = new AtomicLong();
    private final StringWriter text = new StringWriter();
    private final LineProgress progress =
            new LineProgress(new PrintWriter(text), () -> Instant.ofEpochMilli(millis.get()));

    @Test
    void shortStagesAreOneLine() {
        progress.started("Calibrate", 100);
        millis.set(1_000);
        progress.advanced(50);
        millis.set(2_000);
        progress.advanced(100);
        progress.finished();

        assertThat(text.toString().lines()).containsExactly("Calibrate: 100 in 2.0 s, 50.0/s");
    }

    @Test
    void longStagesTellRateAndTimeLeft() {
        progress.started("Calibrate", 100);
        millis.set(10_000);
        progress.advanced(25);
        millis.set(15_000);
        progress.advanced(40);

        assertThat(text.toString().lines()).containsExactly("Calibrate: 25 of 100, 2.5/s, 30.0 s left");
    }
}
