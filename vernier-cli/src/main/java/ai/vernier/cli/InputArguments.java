package ai.vernier.cli;

import ai.vernier.data.ModelInputs;
import ai.vernier.onnx.InvalidInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads `[NAME=]FILE.npy` arguments; the name may be left out where the model has one input.
final class InputArguments {
    private InputArguments() {}

    /// The file of each input that was named.
    ///
    /// @throws InvalidInputException with every argument that names no input of the model, else with every input
    ///     that has none
    static Map<String, Path> bind(List<String> arguments, ModelInputs inputs) {
        List<String> problems = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Map<String, Path> files = new LinkedHashMap<>();
        for (String argument : arguments) {
            Optional<String> name = nameIn(argument, inputs);
            if (name.isPresent()) {
                files.put(name.get(), Path.of(argument.substring(name.get().length() + 1)));
            } else if (inputs.names().size() == 1) {
                files.put(inputs.names().getFirst(), Path.of(argument));
            } else {
                problems.add("--input %s: expected NAME=FILE.npy with one of the model's inputs %s"
                        .formatted(argument, inputs));
            }
        }
        inputs.values().stream()
                .filter(input -> problems.isEmpty() && !files.containsKey(input.name()))
                .forEach(input -> missing.add("--input %s=FILE.npy is missing; the model takes %s"
                        .formatted(input.name(), ModelInputs.text(input))));
        problems.addAll(missing);
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
        return files;
    }

    /// Names may hold `=` themselves, so the model's names decide; of several that fit the longest is meant.
    private static Optional<String> nameIn(String argument, ModelInputs inputs) {
        return inputs.names().stream()
                .filter(name -> argument.startsWith(name + "="))
                .max((a, b) -> Integer.compare(a.length(), b.length()));
    }
}
