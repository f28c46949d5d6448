package ai.vernier.onnx.io;

/// A tensor whose data cannot be had or do not fit; the message continues a sentence that begins "float[3] …".
final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String message) {
        super(message);
    }

    Unreadable(String message, Throwable cause) {
        super(message, cause);
    }
}
