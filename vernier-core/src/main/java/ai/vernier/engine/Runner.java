package ai.vernier.engine;

/// Who computes a node.
public enum Runner {
    /// The engine, on LibTorch.
    NATIVE,
    /// ONNX Runtime, node by node, where it knows the operator.
    FALLBACK,
    /// Nobody.
    UNSUPPORTED
}
