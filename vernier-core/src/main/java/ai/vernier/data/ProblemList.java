package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/// Reports many problems at once without flooding the screen.
final class ProblemList {
    private static final int SHOWN = 20;

    private ProblemList() {}

    /// @throws InvalidInputException where there are problems; beyond the first 20 only their number is
    ///     told
    static void throwIfAny(List<String> problems) {
        if (problems.isEmpty()) {
            return;
        }
        List<String> shown = new ArrayList<>(problems.subList(0, Math.min(SHOWN, problems.size())));
        if (problems.size() > SHOWN) {
            shown.add("… and %d more such problems".formatted(problems.size() - SHOWN));
        }
        throw new InvalidInputException(shown);
    }
}
