package ai.vernier.cli;

import ai.vernier.onnx.InvalidInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads `NAME=EXTENT` arguments; a name may hold `=` itself.
final class DimensionArguments {
    private DimensionArguments() {}

    /// The extents by name.
    ///
    /// @throws InvalidInputException with every argument that is none, or contradicts another
    static Map<String, Long> parse(List<String> arguments) {
        Map<String, Long> extents = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        for (String argument : arguments) {
            int split = argument.lastIndexOf('=');
            String extent = argument.substring(split + 1).strip();
            if (split < 1 || !extent.matches("[0-9]{1,15}")) {
                problems.add("--dim %s: expected NAME=EXTENT, such as height=320, or INPUT:AXIS=EXTENT, such as x:2=320"
                        .formatted(argument));
                continue;
            }
            String name = argument.substring(0, split).strip();
            Long before = extents.put(name, Long.valueOf(extent));
            if (before != null && before != Long.parseLong(extent)) {
                problems.add("--dim %s: was given as %d before".formatted(argument, before));
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
        return extents;
    }
}
