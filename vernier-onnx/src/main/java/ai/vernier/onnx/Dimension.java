package ai.vernier.onnx;

/// One extent of a tensor shape.
public sealed interface Dimension {
    /// A fixed extent, ≥ 0 in a valid model.
    record Known(long size) implements Dimension {}

    /// An extent that is the same wherever the name occurs in the graph.
    record Symbolic(String name) implements Dimension {}

    /// An extent about which the model says nothing.
    record Unknown() implements Dimension {}
}
