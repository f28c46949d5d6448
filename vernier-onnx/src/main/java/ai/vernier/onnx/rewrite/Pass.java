package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Model;

/// A rewrite of a whole model that needs no data and keeps its outputs, up to round-off.
public interface Pass {
    /// Imperative, as in `FoldBatchNorm`.
    String name();

    PassResult apply(Model model);
}
