package ai.vernier.bench.fuzz;

import ai.vernier.analyze.ModelSummary;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxReader;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/// Reads, inspects and runs one input twice, as somebody would who got the file from a stranger.
public final class Trial {
    /// A quarter of a gigabyte and a few seconds are enough for every model of the corpus.
    static final EngineOptions LIMITS =
            new EngineOptions(DeviceChoice.CPU, 1).withLimits(256L << 20, Duration.ofSeconds(5));

    private Trial() {}

    /// How a trial may end; anything else is a crash.
    public enum Verdict {
        RAN,
        INVALID,
        UNSUPPORTED,
        /// Read, but it asks for inputs that the trial does not make: no tensors, or too large ones.
        NOT_FED
    }

    /// Ends within seconds, whatever `input` holds.
    ///
    /// @throws RuntimeException of another kind than those two that a user's file may cause: a bug
    public static Verdict of(byte[] input, long seed) {
        return judged(() -> {
            Model model = OnnxReader.read(input);
            ModelSummary.of(model);
            try (Executor executor = Executor.compile(model, LIMITS)) {
                Random random = new Random(seed);
                Optional<Map<String, TensorData>> feeds = Feeds.of(model, random);
                if (feeds.isEmpty()) {
                    return Verdict.NOT_FED;
                }
                executor.run(feeds.get());
                // Runs of the same shapes take another way than the first.
                executor.run(Feeds.redrawn(feeds.get(), random));
                return Verdict.RAN;
            }
        });
    }

    /// The verdict of `trial`, or what the exceptions say that a user's file may cause.
    static Verdict judged(Supplier<Verdict> trial) {
        try {
            return trial.get();
        } catch (InvalidInputException _) {
            return Verdict.INVALID;
        } catch (UnsupportedModelException _) {
            return Verdict.UNSUPPORTED;
        }
    }
}
