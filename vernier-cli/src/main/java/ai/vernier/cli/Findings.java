package ai.vernier.cli;

import ai.vernier.onnx.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Collects what is wrong with independent inputs, so that the user hears of everything at once.
final class Findings {
    private final List<String> problems = new ArrayList<>();

    /// What `attempt` gives; empty where the user's input does not let it, whose problems are kept.
    <T> Optional<T> collect(Supplier<T> attempt) {
        try {
            return Optional.of(attempt.get());
        } catch (InvalidInputException e) {
            problems.addAll(e.problems());
            return Optional.empty();
        }
    }

    /// Keeps `problem` where `condition` does not hold.
    void require(boolean condition, String problem) {
        if (!condition) {
            problems.add(problem);
        }
    }

    /// Ends the command where there is any problem.
    ///
    /// @throws InvalidInputException with all of them
    void throwIfAny() {
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
    }
}
