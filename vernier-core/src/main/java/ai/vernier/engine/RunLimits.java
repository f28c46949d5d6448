package ai.vernier.engine;

import ai.vernier.engine.op.OutputBound;
import ai.vernier.onnx.InvalidInputException;
import java.util.concurrent.CancellationException;
import org.bytedeco.javacpp.Pointer;

/// What the runs of one executor may take, and what the present one has taken. A graph and its sub-graphs share it.
final class RunLimits {
    /// Bytes of an element, for results that are not there yet; most are float32.
    private static final long ELEMENT_BYTES = 4;

    /// Multiply-accumulates that a core can do in a second at most; a bound for refusing, no forecast.
    private static final double WORK_PER_CORE_SECOND = 2e10;

    /// Models with more activations than this gain little from a replay.
    private static final long MAX_REPLAY_BYTES = 128L << 20;

    private final long memoryBytes;
    private final long timeNanos;
    private final double workPerSecond;
    private long start;
    private long alive;

    RunLimits(EngineOptions options) {
        memoryBytes = options.memoryBytes() > 0 ? options.memoryBytes() : Pointer.totalPhysicalBytes() / 4 * 3;
        timeNanos = options.timeLimit().toNanos();
        workPerSecond = WORK_PER_CORE_SECOND * Runtime.getRuntime().availableProcessors();
        begin();
    }

    /// Bytes that a replay may keep between runs.
    long replayBytes() {
        return Math.min(MAX_REPLAY_BYTES, memoryBytes / 4);
    }

    void begin() {
        start = System.nanoTime();
        alive = 0;
    }

    /// Throws where the time is up or somebody has interrupted the thread.
    void checkTime(String label) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted before " + label);
        }
        if (timeNanos > 0 && System.nanoTime() - start > timeNanos) {
            throw new InvalidInputException(
                    "%s: the time limit of %.1f s is used up; raise it if the model is meant to run longer"
                            .formatted(label, timeNanos / 1e9));
        }
    }

    /// Throws where results of that size, or the work for them, would exceed the limits.
    void admit(String label, OutputBound.Size size) {
        double bytes = size.elements() * ELEMENT_BYTES;
        if (bytes > memoryBytes - alive) {
            throw tooLarge("%s: its result would have %.3g elements".formatted(label, size.elements()));
        }
        double seconds = size.work() / workPerSecond;
        if (timeNanos > 0 && seconds > timeNanos / 1e9) {
            throw new InvalidInputException(
                    "%s: its %.3g multiply-accumulates do not fit into the time limit of %.1f s; raise it if the model is meant to run longer"
                            .formatted(label, size.work(), timeNanos / 1e9));
        }
    }

    /// Counts a tensor that stays alive after `label`; [#release] takes it back.
    void hold(String label, long bytes) {
        alive += bytes;
        if (alive > memoryBytes) {
            throw tooLarge("%s: together with it %d bytes would be alive".formatted(label, alive));
        }
    }

    void release(long bytes) {
        alive -= bytes;
    }

    private InvalidInputException tooLarge(String what) {
        return new InvalidInputException(
                "%s, more than the memory limit of %d bytes allows; feed a smaller input or raise the limit"
                        .formatted(what, memoryBytes));
    }
}
