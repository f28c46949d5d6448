package ai.vernier.cli;

import ai.vernier.data.ProgressListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.InstantSource;

/// Progress where nothing can be redrawn, such as a log file: a line per stage when it ends, and in long stages one
/// every ten seconds with rate and time left.
final class LineProgress implements ProgressListener {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final PrintWriter lines;
    private final InstantSource clock;
    private String stage = "";
    private long total;
    private long done;
    private long startMillis;
    private long printedMillis;

    LineProgress(PrintWriter lines, InstantSource clock) {
        this.lines = lines;
        this.clock = clock;
    }

    @Override
    public void started(String stage, long total) {
        this.stage = stage;
        this.total = total;
        this.done = 0;
        this.startMillis = clock.millis();
        this.printedMillis = startMillis;
    }

    @Override
    public void advanced(long done) {
        this.done = done;
        long now = clock.millis();
        if (now - printedMillis >= INTERVAL.toMillis() && done > 0) {
            printedMillis = now;
            Duration left = Duration.ofMillis((now - startMillis) * (total - done) / done);
            lines.println("%s: %d of %d, %s, %s left".formatted(stage, done, total, rate(now), Units.duration(left)));
            lines.flush();
        }
    }

    @Override
    public void finished() {
        long now = clock.millis();
        Duration taken = Duration.ofMillis(now - startMillis);
        lines.println("%s: %d in %s, %s".formatted(stage, done, Units.duration(taken), rate(now)));
        lines.flush();
    }

    private String rate(long now) {
        double seconds = Math.max(1, now - startMillis) / 1000.0;
        return "%.1f/s".formatted(done / seconds);
    }
}
