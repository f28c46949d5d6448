package ai.vernier.bench.opsets;

/// What came of one node in the engine and in ONNX Runtime.
sealed interface Verdict {
    /// Both give the same.
    record Agrees() implements Verdict {}

    /// Both refuse the node.
    record Refused(String ours, String theirs) implements Verdict {}

    /// ONNX Runtime has no answer; the engine has.
    record Unjudged(String reason) implements Verdict {}

    /// The engine is wrong, or ONNX Runtime is.
    record Differs(String how) implements Verdict {}
}
