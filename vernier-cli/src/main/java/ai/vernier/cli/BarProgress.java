package ai.vernier.cli;

import ai.vernier.data.ProgressListener;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/// Progress on a terminal: one bar per stage with rate and time left, redrawn in place.
final class BarProgress implements ProgressListener {
    private final PrintStream terminal;
    private final int columns;
    private @Nullable ProgressBar bar;

    BarProgress(OutputStream terminal, int columns) {
        this.terminal = new PrintStream(terminal, true, StandardCharsets.UTF_8);
        this.columns = columns;
    }

    @Override
    public void started(String stage, long total) {
        finished();
        bar = new ProgressBarBuilder()
                .setTaskName(stage)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(200)
                .setConsumer(new ConsoleProgressBarConsumer(terminal, columns))
                .showSpeed()
                .build();
    }

    @Override
    public void advanced(long done) {
        if (bar != null) {
            bar.stepTo(done);
        }
    }

    @Override
    public void finished() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
