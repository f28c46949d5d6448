package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Words failures of the file system as problems of the user's input.
final class FileProblem {
    private FileProblem() {}

    static InvalidInputException of(Path path, IOException cause) {
        return new InvalidInputException(path + ": " + reason(cause), cause);
    }

    private static String reason(IOException cause) {
        return switch (cause) {
            case NoSuchFileException _ -> "no such file; check the path";
            case AccessDeniedException _ -> "not allowed to read it; check its permissions";
            default -> "cannot be read (%s)".formatted(cause.getMessage());
        };
    }
}
