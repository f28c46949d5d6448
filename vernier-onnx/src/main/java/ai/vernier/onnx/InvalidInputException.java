package ai.vernier.onnx;

import java.util.List;

/// The user's file, data or recipe is wrong. Carries every problem found, each with its place.
public final class InvalidInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String[] problems;

    public InvalidInputException(String problem) {
        this(List.of(problem));
    }

    /// @param problems at least one sentence: where, what was found, what was expected, what to do
    public InvalidInputException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = problems.toArray(String[]::new);
    }

    public InvalidInputException(String problem, Throwable cause) {
        super(problem, cause);
        this.problems = new String[] {problem};
    }

    public List<String> problems() {
        return List.of(problems);
    }
}
