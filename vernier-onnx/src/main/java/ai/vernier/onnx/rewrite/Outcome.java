package ai.vernier.onnx.rewrite;

/// What became of one place where a rule's pattern matched.
public sealed interface Outcome {
    /// The graph was changed.
    ///
    /// @param description what was done, as in "folded into Conv 'layer1.0'"
    record Applied(String description) implements Outcome {}

    /// The graph was left as it is.
    ///
    /// @param reason a sentence that a user can act upon
    record Skipped(String reason) implements Outcome {}
}
