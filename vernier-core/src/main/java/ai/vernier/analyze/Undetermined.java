package ai.vernier.analyze;

import java.io.Serial;

/// Ends a rule of shape inference where something that it needs is not known without running the model.
final class Undetermined extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /// Thrown often and never shown, so without a stack trace.
    Undetermined() {
        super("not determined by the model", null, false, false);
    }
}
