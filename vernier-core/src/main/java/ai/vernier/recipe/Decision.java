package ai.vernier.recipe;

import ai.vernier.quant.QuantSpec;

/// What a plan says of one tensor, and the rule that decided it (a sentence for the reader).
public sealed interface Decision {
    String rule();

    /// A grid whose range is calibrated from statistics of the data (activations) or of the tensor itself (weights),
    /// by the range method `method` such as `mse`.
    record Calibrated(QuantSpec spec, String method, String rule) implements Decision {}

    /// A grid whose range follows from mathematics, such as [0, 1] behind Softmax.
    record Fixed(QuantSpec spec, double min, double max, String rule) implements Decision {}

    /// The grid of tensor `leader`, which is itself calibrated or fixed.
    record SameAs(String leader, String rule) implements Decision {}

    /// An int32 bias on the grid of the accumulator: scale = scale(`input`) · scale(`weight`), zero point 0.
    record AccumulatorBias(String input, String weight, String rule) implements Decision {}

    /// Stays in floating point.
    record KeepFloat(String rule) implements Decision {}
}
