package ai.vernier.onnx;

/// Which tool wrote a model, and the model's own name space and version.
public record Producer(String name, String version, String domain, long modelVersion) {}
