package ai.vernier.analyze;

/// A function that a model defines.
///
/// @param name with its domain in front, as [ai.vernier.onnx.Node#qualifiedType()]
/// @param nodes in its body
public record FunctionUse(String name, int nodes) {}
