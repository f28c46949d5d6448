package ai.vernier.onnx;

/// The version of an operator domain that a model is written against; domain is empty for `ai.onnx`.
public record OperatorSet(String domain, long version) {
    public OperatorSet {
        domain = domain.equals("ai.onnx") ? "" : domain;
    }
}
