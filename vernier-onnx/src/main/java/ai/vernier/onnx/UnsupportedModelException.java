package ai.vernier.onnx;

/// A valid ONNX model that asks for something this library cannot do; the message names node, operator, opset and the
/// nearest alternative.
public final class UnsupportedModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnsupportedModelException(String message) {
        super(message);
    }

    public UnsupportedModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
