package ai.vernier.engine;

import java.time.Duration;

/// How the engine runs, and what a model may take of the machine. A model that asks for more than the limits is refused
/// before it gets it, so that nothing that a model merely claims is allocated.
///
/// @param threads threads within an operator; 0 means one per core
/// @param memoryBytes what the tensors alive during a run may occupy, weights apart; 0 means three quarters of the
///     machine's memory
/// @param timeLimit for one run, looked at between nodes and before large ones; zero means none. A thread that is
///     interrupted stops between two nodes in any case
public record EngineOptions(DeviceChoice device, int threads, long memoryBytes, Duration timeLimit) {
    public static final EngineOptions DEFAULT = new EngineOptions(DeviceChoice.AUTO, 0);

    public EngineOptions {
        if (threads < 0) {
            throw new IllegalArgumentException("threads must be at least 0, found " + threads);
        }
        if (memoryBytes < 0 || timeLimit.isNegative()) {
            throw new IllegalArgumentException(
                    "limits must be at least 0, found %d bytes and %s".formatted(memoryBytes, timeLimit));
        }
    }

    /// Without limits but the machine's.
    public EngineOptions(DeviceChoice device, int threads) {
        this(device, threads, 0, Duration.ZERO);
    }

    public EngineOptions withLimits(long memory, Duration time) {
        return new EngineOptions(device, threads, memory, time);
    }
}
