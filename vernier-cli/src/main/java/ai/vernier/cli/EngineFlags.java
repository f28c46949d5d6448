package ai.vernier.cli;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.onnx.InvalidInputException;
import picocli.CommandLine.Option;

/// The options that say where and how the engine computes.
final class EngineFlags {
    @Option(names = "--threads", paramLabel = "N", description = "Threads within an operator. Default: one per core.")
    private int threads;

    @Option(
            names = "--device",
            paramLabel = "auto|cpu|cuda",
            description = "Where to compute. Default: auto, that is CUDA where there is a device.")
    private DeviceChoice device = DeviceChoice.AUTO;

    /// @throws InvalidInputException where the number of threads is negative
    EngineOptions options() {
        if (threads < 0) {
            throw new InvalidInputException(
                    "--threads: found %d, expected 1 or more, or 0 for one per core".formatted(threads));
        }
        return new EngineOptions(device, threads);
    }

    /// Threads for work outside of the engine.
    int threads() {
        return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    }
}
