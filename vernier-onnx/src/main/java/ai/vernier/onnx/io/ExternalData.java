package ai.vernier.onnx.io;

/// Where a written model keeps the bytes of its initializers.
public sealed interface ExternalData {
    /// In the model file itself, which may have at most 2 GiB.
    record Inside() implements ExternalData {}

    /// In one file beside the model, named after it with `.data` added; smaller initializers stay inside.
    ///
    /// @param thresholdBytes initializers of at least this size go beside, ≥ 0
    record Beside(long thresholdBytes) implements ExternalData {
        public Beside {
            if (thresholdBytes < 0) {
                throw new IllegalArgumentException("threshold is " + thresholdBytes + " bytes, expected ≥ 0");
            }
        }
    }
}
