package ai.vernier.onnx.io;

import ai.vernier.onnx.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/// The problems found in one file so far, each with its place; nothing is thrown until all are known.
final class Problems {
    /// A hostile file may have millions; nobody reads more than this many.
    private static final int LISTED = 200;

    private final String source;
    private final List<String> found = new ArrayList<>();
    private long unlisted;

    /// @param source the file's name, with which each problem begins
    Problems(String source) {
        this.source = source;
    }

    void add(String place, String problem) {
        if (found.size() == LISTED) {
            unlisted++;
            return;
        }
        found.add(source + ": " + (place.isEmpty() ? "" : place + ": ") + problem);
    }

    void throwIfAny() {
        if (found.isEmpty()) {
            return;
        }
        List<String> all = new ArrayList<>(found);
        if (unlisted > 0) {
            all.add("%s: and %d more problems".formatted(source, unlisted));
        }
        throw new InvalidInputException(all);
    }
}
