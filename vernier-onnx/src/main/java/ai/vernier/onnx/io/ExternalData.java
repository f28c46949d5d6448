package ai.vernier.onnx.io;

/// Where a written model keeps the bytes of its initializers.
public sealed interface ExternalData {
    /// In the model file itself, which may have at most 2 GiB.
    record Inside() implements ExternalData {}

    /// In one file beside the model, named after it with `.data` added; smaller initializers stay inside.
    ///
    /// @param thresholdBytes initializers of at least this size go beside, ≥ [#MIN_THRESHOLD]
    record Beside(long thresholdBytes) implements ExternalData {
        /// Runtimes infer shapes from the values of small tensors (target shapes, axes, pads) and want them inside.
        public static final long MIN_THRESHOLD = 256;

        public Beside {
            if (thresholdBytes < MIN_THRESHOLD) {
                throw new IllegalArgumentException(
                        "threshold is %d bytes, expected ≥ %d".formatted(thresholdBytes, MIN_THRESHOLD));
            }
        }
    }
}
