package ai.vernier.recipe;

import ai.vernier.data.Preprocessing;
import ai.vernier.passes.Preparation;
import ai.vernier.settings.Section;
import ai.vernier.target.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the user asks for: defaults for every tensor and ordered rules for some, of which the last match wins.
///
/// @param target name or path for [Target#load]
/// @param batch samples per calibration batch
/// @param samples calibration samples to use, the first ones; 0 for all
/// @param biasCorrection whether the mean error of each layer is taken out of its bias
/// @param preparation the clean-ups of the graph before it is planned
/// @param preprocessing settings for [ai.vernier.data.Preprocessing#parse], all of them; empty where the data come
///     as the model takes them
public record Recipe(
        String target,
        Precision precision,
        int batch,
        long samples,
        boolean biasCorrection,
        Preparation preparation,
        Map<String, String> preprocessing,
        List<Rule> rules) {
    /// Version of the file format.
    public static final int VERSION = 1;

    /// Bounded by what fits in memory with large images; more does not run faster.
    private static final int DEFAULT_BATCH = 8;

    public Recipe {
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
        return new Recipe(target.name(), precision, DEFAULT_BATCH, 0, true, Preparation.STANDARD, Map.of(), List.of());
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
                target, precision.with(setting), batch, samples, biasCorrection, preparation, preprocessing, rules);
    }

    /// This recipe with one more rule, which wins over the others.
    public Recipe with(Rule rule) {
        List<Rule> extended = new ArrayList<>(rules);
        extended.add(rule);
        return new Recipe(target, precision, batch, samples, biasCorrection, preparation, preprocessing, extended);
    }

    /// This recipe for another target; its settings stay as they are.
    public Recipe withTarget(String nameOrPath) {
        return new Recipe(nameOrPath, precision, batch, samples, biasCorrection, preparation, preprocessing, rules);
    }

    public Recipe withBatch(int changed) {
        return new Recipe(target, precision, changed, samples, biasCorrection, preparation, preprocessing, rules);
    }

    public Recipe withSamples(long changed) {
        return new Recipe(target, precision, batch, changed, biasCorrection, preparation, preprocessing, rules);
    }

    public Recipe withBiasCorrection(boolean changed) {
        return new Recipe(target, precision, batch, samples, changed, preparation, preprocessing, rules);
    }

    public Recipe withPreparation(Preparation changed) {
        return new Recipe(target, precision, batch, samples, biasCorrection, changed, preprocessing, rules);
    }

    /// This recipe with `changed` as all that is said about images; what it leaves out is spelled out.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException with every setting that is unknown or unreadable
    public Recipe withPreprocessing(Map<String, String> changed) {
        Map<String, String> complete =
                changed.isEmpty() ? changed : Preprocessing.parse(changed).settings();
        return new Recipe(target, precision, batch, samples, biasCorrection, preparation, complete, rules);
    }
}
