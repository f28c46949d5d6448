package ai.vernier.bench.fuzz;

import java.io.IOException;
import java.nio.file.Path;

/// A numbered series of hostile inputs, and what is done to each.
public interface Series {
    /// The same input for the same seed and index, on every machine.
    Mutant input(long seed, long index) throws IOException;

    /// Ends within seconds, whatever the input holds.
    ///
    /// @throws RuntimeException of another kind than those two that a user's file may cause: a bug
    Trial.Verdict trial(Mutant mutant, long seed) throws IOException;

    /// - `models`: models are read, inspected and run;
    /// - `quantize`: models are cleaned up, planned, calibrated, exported, read back and simulated;
    /// - `files`: arrays, images, recipes and encodings are read.
    ///
    /// @param data folder of shared data, or `none`
    /// @param largestBytes larger real models are left out
    static Series named(String name, String data, long largestBytes) throws IOException {
        if (name.equals("files")) {
            return new FileSeries();
        }
        Corpus corpus = data.equals("none") ? Corpus.small() : Corpus.with(Path.of(data), largestBytes);
        return switch (name) {
            case "models" -> new ModelSeries(corpus, Trial::of);
            case "quantize" -> new ModelSeries(corpus.with(QuantizeTrial.quantizedModels()), QuantizeTrial::of);
            default -> throw new IllegalArgumentException("no series " + name + "; models, quantize or files");
        };
    }

    /// Mutated models.
    record ModelSeries(Corpus corpus, ModelTrial then) implements Series {
        @Override
        public Mutant input(long seed, long index) throws IOException {
            return Mutant.of(corpus, seed, index);
        }

        @Override
        public Trial.Verdict trial(Mutant mutant, long seed) {
            return then.of(mutant.input(), seed);
        }
    }

    /// What is done to the bytes of a model.
    @FunctionalInterface
    interface ModelTrial {
        Trial.Verdict of(byte[] input, long seed);
    }
}
