package ai.vernier.recipe;

import ai.vernier.data.Preprocessing;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.passes.Preparation;
import ai.vernier.settings.Nearest;
import ai.vernier.settings.Section;
import ai.vernier.target.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the user asks for: defaults for every tensor and ordered rules for some, of which the last match wins.
///
/// @param target name or path for [Target#load]
/// @param batch samples per calibration batch
/// @param samples calibration samples to use, the first ones; 0 for all
/// @param biasCorrection whether the mean error of each layer is taken out of its bias
/// @param skippedPasses preparing passes that are not run, by the names of [ai.vernier.passes.Preparation#names()]
/// @param extraPasses passes that run only where they are asked for, of [ai.vernier.passes.Preparation#extras()]
/// @param newestOpset how far an older model may be raised for an operator that a pass puts in
/// @param preprocessing settings for [ai.vernier.data.Preprocessing#parse], all of them; empty where the data come
///     as the model takes them
public record Recipe(
        String target,
        Precision precision,
        int batch,
        long samples,
        boolean biasCorrection,
        List<String> skippedPasses,
        List<String> extraPasses,
        long newestOpset,
        Map<String, String> preprocessing,
        List<Rule> rules) {
    /// Version of the file format.
    public static final int VERSION = 1;

    /// Bounded by what fits in memory with large images; more does not run faster.
    private static final int DEFAULT_BATCH = 8;

    public Recipe {
        skippedPasses = List.copyOf(skippedPasses);
        extraPasses = List.copyOf(extraPasses);
        preprocessing = Collections.unmodifiableMap(new LinkedHashMap<>(preprocessing));
        rules = List.copyOf(rules);
    }

    /// What a recipe for `target` says that says nothing.
    public static Recipe defaults(Target target) {
        Precision precision = new Precision(
                target.weights().perChannel() ? Per.CHANNEL : Per.TENSOR,
                target.weights().format().bits(),
                target.activations().format().bits(),
                false,
                "minmax",
                "mse",
                false);
        return new Recipe(
                target.name(),
                precision,
                DEFAULT_BATCH,
                0,
                true,
                List.of(),
                List.of(),
                Preparation.NEWEST_OPSET,
                Map.of(),
                List.of());
    }

    /// Reads a recipe file; what it leaves out takes the defaults of its target.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException with every problem of the file and its line
    public static Recipe read(Path file) {
        return RecipeReader.read(Section.read(file));
    }

    /// As [#read], from text; `source` is what problem reports call it.
    public static Recipe parse(String source, String text) {
        return RecipeReader.read(Section.parse(source, text));
    }

    /// This recipe as a file with every default spelled out; [#parse] gives an equal recipe back.
    public String toYaml() {
        return RecipeText.print(this);
    }

    /// This recipe with `setting` as the default for every tensor.
    public Recipe with(Setting setting) {
        return new Recipe(
                target,
                precision.with(setting),
                batch,
                samples,
                biasCorrection,
                skippedPasses,
                extraPasses,
                newestOpset,
                preprocessing,
                rules);
    }

    /// This recipe with one more rule, which wins over the others.
    public Recipe with(Rule rule) {
        List<Rule> extended = new ArrayList<>(rules);
        extended.add(rule);
        return new Recipe(
                target,
                precision,
                batch,
                samples,
                biasCorrection,
                skippedPasses,
                extraPasses,
                newestOpset,
                preprocessing,
                extended);
    }

    /// This recipe for another target; its settings stay as they are.
    public Recipe withTarget(String nameOrPath) {
        return new Recipe(
                nameOrPath,
                precision,
                batch,
                samples,
                biasCorrection,
                skippedPasses,
                extraPasses,
                newestOpset,
                preprocessing,
                rules);
    }

    public Recipe withBatch(int changed) {
        return new Recipe(
                target,
                precision,
                changed,
                samples,
                biasCorrection,
                skippedPasses,
                extraPasses,
                newestOpset,
                preprocessing,
                rules);
    }

    public Recipe withSamples(long changed) {
        return new Recipe(
                target,
                precision,
                batch,
                changed,
                biasCorrection,
                skippedPasses,
                extraPasses,
                newestOpset,
                preprocessing,
                rules);
    }

    public Recipe withBiasCorrection(boolean changed) {
        return new Recipe(
                target,
                precision,
                batch,
                samples,
                changed,
                skippedPasses,
                extraPasses,
                newestOpset,
                preprocessing,
                rules);
    }

    /// This recipe without the preparing pass `name`.
    ///
    /// @throws InvalidInputException where there is no such pass
    public Recipe withoutPass(String name) {
        passProblem(name).ifPresent(problem -> {
            throw new InvalidInputException("pass: " + problem);
        });
        List<String> extended = new ArrayList<>(skippedPasses);
        extended.add(name);
        return new Recipe(
                target,
                precision,
                batch,
                samples,
                biasCorrection,
                extended,
                extraPasses,
                newestOpset,
                preprocessing,
                rules);
    }

    /// This recipe with the preparing pass `name`, which runs only where it is asked for.
    ///
    /// @throws InvalidInputException where there is no such pass
    public Recipe withExtraPass(String name) {
        extraPassProblem(name).ifPresent(problem -> {
            throw new InvalidInputException("pass: " + problem);
        });
        List<String> extended = new ArrayList<>(extraPasses);
        extended.add(name);
        return new Recipe(
                target,
                precision,
                batch,
                samples,
                biasCorrection,
                skippedPasses,
                extended,
                newestOpset,
                preprocessing,
                rules);
    }

    public Recipe withNewestOpset(long changed) {
        return new Recipe(
                target,
                precision,
                batch,
                samples,
                biasCorrection,
                skippedPasses,
                extraPasses,
                changed,
                preprocessing,
                rules);
    }

    /// What is wrong with `name` as the name of a preparing pass.
    public static Optional<String> passProblem(String name) {
        return passProblem(name, Preparation.names());
    }

    /// What is wrong with `name` as the name of a pass that runs only where it is asked for.
    public static Optional<String> extraPassProblem(String name) {
        return passProblem(name, Preparation.extras());
    }

    private static Optional<String> passProblem(String name, List<String> known) {
        return known.contains(name)
                ? Optional.empty()
                : Optional.of("found '%s', expected one of %s%s"
                        .formatted(name, String.join(", ", known), Nearest.hint(name, known)));
    }

    /// This recipe with `changed` as all that is said about images; what it leaves out is spelled out.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException with every setting that is unknown or unreadable
    public Recipe withPreprocessing(Map<String, String> changed) {
        Map<String, String> complete =
                changed.isEmpty() ? changed : Preprocessing.parse(changed).settings();
        return new Recipe(
                target,
                precision,
                batch,
                samples,
                biasCorrection,
                skippedPasses,
                extraPasses,
                newestOpset,
                complete,
                rules);
    }
}
