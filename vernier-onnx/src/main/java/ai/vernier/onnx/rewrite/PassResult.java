package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Model;

/// The model that a pass made, sharing all weights it did not change, and what it did.
public record PassResult(Model model, PassLog log) {}
