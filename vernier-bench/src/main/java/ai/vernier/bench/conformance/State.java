package ai.vernier.bench.conformance;

import java.util.Locale;

/// How a case ends, the better ends first.
public enum State {
    /// Every output agrees, computed by the engine alone.
    NATIVE,
    /// Every output agrees; at least one node ran in ONNX Runtime.
    FALLBACK,
    /// Needs something that is no numeric inference: strings, sequences, image files, training operators.
    NOT_APPLICABLE,
    UNSUPPORTED,
    WRONG,
    ERROR;

    public boolean isPassed() {
        return this == NATIVE || this == FALLBACK;
    }

    /// The word in listings.
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static State parse(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
