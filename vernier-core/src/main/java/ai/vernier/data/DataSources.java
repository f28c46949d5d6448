package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Opens what the user calls data, and checks it against what the model takes.
///
/// | path | samples |
/// |---|---|
/// | `x.npy` | rows along the first axis, for a model with one input |
/// | `x.npz` | the same, one array per input, named like it |
/// | folder, or `x.jpg`, `.png`, `.bmp` | images in the order of their paths, with a [Preprocessing] |
/// | any other file | text, one sample per line: an image, a raw file, or `input:=raw` for each input |
///
/// The first axis of every array counts samples. Where the array has as many axes as its input, the input's axis 0
/// is the batch. An array with one axis more holds a whole input per sample: that is how inputs without a batch
/// axis are fed, states and caches `[2,1,128]` from `[samples,2,1,128]` and scalars from `[samples]`; samples go
/// through the model one at a time then. Integers convert where every value is kept exactly; floats are rounded to
/// the input's float type; NaN and infinities are refused.
public final class DataSources {
    private DataSources() {}

    /// Opens data that is already preprocessed.
    ///
    /// @throws InvalidInputException with everything about files, names, types and shapes that does not
    ///     fit; what is wrong with single values is found while reading
    public static SampleSource open(Path data, ModelInputs inputs) {
        return open(data, inputs, null);
    }

    /// Opens data of any kind; `images` says how images become tensors and is not needed for other data.
    ///
    /// @throws InvalidInputException as [#open(Path, ModelInputs)]
    public static SampleSource open(Path data, ModelInputs inputs, @Nullable ImageOptions images) {
        requireExists(data);
        if (Files.isDirectory(data)) {
            return images(imagesIn(data), inputs, images);
        }
        if (ImageFormat.accepts(data)) {
            return images(List.of(data), inputs, images);
        }
        return switch (ImageFormat.suffix(data)) {
            case "npy" -> npy(data, inputs);
            case "npz" -> npz(data, inputs);
            default -> list(data, inputs, images);
        };
    }

    /// Says early that a path leads nowhere, where the model that the data are for is not known yet.
    ///
    /// @throws InvalidInputException where there is no such file or folder
    public static void requireExists(Path data) {
        if (!Files.exists(data)) {
            throw new InvalidInputException(data + ": no such file or folder; check the path");
        }
    }

    /// Reads one whole tensor per model input, batch axis and all, checked and converted like samples.
    ///
    /// @param files `.npy` files by input name
    /// @throws InvalidInputException as [#open(Path, ModelInputs)]
    public static Map<String, TensorData> readInputs(Map<String, Path> files, ModelInputs inputs) {
        List<String> problems = new ArrayList<>(nameProblems("the command line", files.keySet(), inputs));
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        for (Value input : inputs.values()) {
            Path file = files.get(input.name());
            if (file != null) {
                tensors.put(input.name(), WholeInput.read(file, input, problems));
            }
        }
        ProblemList.throwIfAny(problems);
        return tensors;
    }

    private static SampleSource npy(Path file, ModelInputs inputs) {
        Value input = onlyInput(file, "one array", inputs);
        return ArraySource.open(List.of(new InputBinding(input, NpyFile.open(file))), () -> {});
    }

    private static Value onlyInput(Path file, String content, ModelInputs inputs) {
        if (inputs.values().isEmpty()) {
            throw new InvalidInputException(file + ": the model has no inputs, so that no data can be fed to it");
        }
        if (inputs.values().size() != 1) {
            throw new InvalidInputException(
                    "%s: holds %s, but the model has %d inputs (%s); give a .npz with one array per input, or a list"
                            .formatted(file, content, inputs.values().size(), inputs));
        }
        return inputs.values().getFirst();
    }

    private static SampleSource npz(Path path, ModelInputs inputs) {
        NpzFile file = NpzFile.open(path);
        try {
            ProblemList.throwIfAny(nameProblems(path.toString(), file.headers().keySet(), inputs));
            return ArraySource.open(bindings(inputs, file::array), file::close);
        } catch (InvalidInputException e) {
            file.close();
            throw e;
        }
    }

    private static List<InputBinding> bindings(ModelInputs inputs, Function<String, SampleArray> arrays) {
        return inputs.values().stream()
                .map(input -> new InputBinding(input, arrays.apply(input.name())))
                .toList();
    }

    /// Arrays in memory, by input name.
    static SampleSource held(Map<String, TensorData> arrays, ModelInputs inputs) {
        ProblemList.throwIfAny(nameProblems("the arrays", arrays.keySet(), inputs));
        return ArraySource.open(
                bindings(
                        inputs,
                        name -> new HeldArray("array '" + name + "'", Objects.requireNonNull(arrays.get(name)))),
                () -> {});
    }

    private static List<String> nameProblems(String place, Iterable<String> found, ModelInputs inputs) {
        List<String> missing = new ArrayList<>(inputs.names());
        List<String> problems = new ArrayList<>();
        for (String name : found) {
            if (!missing.remove(name)) {
                problems.add("%s: '%s' is no input of the model; its inputs are %s".formatted(place, name, inputs));
            }
        }
        missing.forEach(name ->
                problems.add("%s: has nothing for input '%s'; add an array of that name".formatted(place, name)));
        return problems;
    }

    private static SampleSource list(Path file, ModelInputs inputs, @Nullable ImageOptions images) {
        SampleList list = SampleList.read(file);
        if (list.listsImages()) {
            return images(list.paths(), inputs, images);
        }
        List<InputBinding> bindings = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        Map<String, List<Path>> paths = list.paths(inputs.names());
        for (Value input : inputs.values()) {
            try {
                bindings.add(
                        new InputBinding(input, RawFiles.open(paths.getOrDefault(input.name(), List.of()), input)));
            } catch (InvalidInputException e) {
                problems.addAll(e.problems());
            }
        }
        ProblemList.throwIfAny(problems);
        return ArraySource.open(bindings, () -> {});
    }

    private static List<Path> imagesIn(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> images = files.filter(Files::isRegularFile)
                    .filter(ImageFormat::accepts)
                    .sorted()
                    .toList();
            if (images.isEmpty()) {
                throw new InvalidInputException(folder + ": holds no images; expected JPEG, PNG or BMP files");
            }
            return images;
        } catch (IOException e) {
            throw FileProblem.of(folder, e);
        }
    }

    /// Opens image files in the given order, for a model with one input.
    ///
    /// @throws InvalidInputException as [#open(Path, ModelInputs)]
    public static SampleSource openImages(List<Path> paths, ModelInputs inputs, ImageOptions options) {
        return images(paths, inputs, options);
    }

    private static SampleSource images(List<Path> paths, ModelInputs inputs, @Nullable ImageOptions options) {
        Value input = onlyInput(paths.getFirst(), "an image", inputs);
        if (options == null) {
            throw new InvalidInputException(
                    "%s: images need preprocessing (resize, crop, mean, std …); give it by flags or in the recipe"
                            .formatted(paths.getFirst()));
        }
        return ArraySource.open(List.of(new InputBinding(input, ImageFiles.open(paths, options))), () -> {});
    }
}
