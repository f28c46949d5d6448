package ai.vernier.cli;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.onnx.InvalidInputException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say where and how the engine computes, and how much of the machine a model may take.
final class EngineFlags {
    @Option(names = "--threads", paramLabel = "N", description = "Threads within an operator. Default: one per core.")
    private int threads;

    @Option(
            names = "--device",
            paramLabel = "auto|cpu|cuda",
            description = "Where to compute. Default: auto, that is CUDA where there is a device.")
    private DeviceChoice device = DeviceChoice.AUTO;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "What the tensors of a run may take beside the weights, such as 500MB, 4GB or 2GiB; a model"
                    + " that asks for more is refused. Default: three quarters of the machine's memory.")
    private @Nullable String memory;

    @Option(
            names = "--time-limit",
            paramLabel = "TIME",
            description = "What one run of the model, a batch, may last, such as 500ms, 30s or 5min; looked at between"
                    + " operators. Default: none.")
    private @Nullable String timeLimit;

    /// @throws InvalidInputException with everything that is wrong with the flags
    EngineOptions options() {
        Findings findings = new Findings();
        findings.require(
                threads >= 0, "--threads: found %d, expected 1 or more, or 0 for one per core".formatted(threads));
        long bytes = Optional.ofNullable(memory)
                .flatMap(text -> findings.collect(() -> Quantity.bytes("--memory", text)))
                .orElse(EngineOptions.DEFAULT.memoryBytes());
        Duration time = Optional.ofNullable(timeLimit)
                .flatMap(text -> findings.collect(() -> Quantity.duration("--time-limit", text)))
                .orElse(EngineOptions.DEFAULT.timeLimit());
        findings.throwIfAny();
        return new EngineOptions(device, threads, bytes, time);
    }

    /// Whether a limit was asked for, which only the engine keeps.
    boolean hasLimits() {
        return memory != null || timeLimit != null;
    }

    /// Threads for work outside of the engine.
    int threads() {
        return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    }
}
