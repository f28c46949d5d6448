package ai.vernier.recipe;

import ai.vernier.data.Preprocessing;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.rewrite.OpsetUpgrade;
import ai.vernier.passes.Preparation;
import ai.vernier.settings.Section;
import ai.vernier.target.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Reads recipe files.
final class RecipeReader {
    private static final Section.Bounds WEIGHT_BITS = new Section.Bounds(2, 16);
    private static final Section.Bounds ACTIVATION_BITS = new Section.Bounds(4, 16);
    private static final Section.Bounds COUNT = new Section.Bounds(1, Integer.MAX_VALUE);
    private static final Section.Bounds COUNT_OR_ALL = new Section.Bounds(0, Integer.MAX_VALUE);

    private static final Section.Bounds OPSET =
            new Section.Bounds((int) OpsetUpgrade.OLDEST, (int) OpsetUpgrade.NEWEST);

    private RecipeReader() {}

    static Recipe read(Section root) {
        root.integer("vernier-recipe", new Section.Bounds(Recipe.VERSION, Recipe.VERSION), Recipe.VERSION);
        Recipe recipe = Recipe.defaults(target(root));
        for (Setting setting : settings(root)) {
            recipe = recipe.with(setting);
        }
        Section calibration = root.section("calibration");
        Recipe read = new Recipe(
                root.text("target", Target.GENERIC_INT8),
                recipe.precision(),
                calibration.integer("batch", COUNT, recipe.batch()),
                calibration.integer("samples", COUNT_OR_ALL, 0),
                root.flag("bias-correction", recipe.biasCorrection()),
                preparation(root),
                preprocessing(root),
                root.sections("rules").stream().map(RecipeReader::rule).toList());
        root.finish();
        return read;
    }

    private static Target target(Section root) {
        try {
            return Target.load(root.text("target", Target.GENERIC_INT8));
        } catch (InvalidInputException e) {
            e.problems().forEach(problem -> root.problem("target", problem));
            return Target.load(Target.GENERIC_INT8);
        }
    }

    private static Preparation preparation(Section root) {
        return new Preparation(
                passes(root, "skip-passes", Preparation.names()),
                passes(root, "extra-passes", Preparation.extras()),
                root.integer("newest-opset", OPSET, (int) Preparation.STANDARD.newestOpset()));
    }

    private static List<String> passes(Section root, String key, List<String> known) {
        List<String> names = root.texts(key);
        for (String name : names) {
            Preparation.nameProblem(name, known).ifPresent(problem -> root.problem(key, problem));
        }
        return names;
    }

    private static Map<String, String> preprocessing(Section root) {
        Map<String, String> written = root.entries("preprocessing");
        try {
            return written.isEmpty() ? written : Preprocessing.parse(written).settings();
        } catch (InvalidInputException e) {
            e.problems().forEach(problem -> root.problem("preprocessing", problem));
            return Map.of();
        }
    }

    private static Rule rule(Section section) {
        Selector selector = new Selector(section.texts("names"), regex(section), section.texts("op-types"));
        List<Setting> settings = new ArrayList<>();
        if (section.has("float")) {
            settings.add(new Setting.KeepFloat(section.flag("float", false)));
        }
        settings.addAll(settings(section));
        if (!selector.isNamed() && selector.operators().isEmpty()) {
            section.problem("selects nothing; give names, regex or op-types");
        }
        if (settings.isEmpty()) {
            section.problem("sets nothing; give float, per, weight-bits, activation-bits, symmetric, weight-method "
                    + "or activation-method");
        }
        return new Rule(selector, settings);
    }

    private static String regex(Section section) {
        String regex = section.text("regex", "");
        try {
            Pattern.compile(regex);
            return regex;
        } catch (PatternSyntaxException e) {
            section.problem(
                    "regex", "found '%s', expected a regular expression: %s".formatted(regex, e.getDescription()));
            return "";
        }
    }

    private static List<Setting> settings(Section section) {
        List<Setting> settings = new ArrayList<>();
        if (section.has("per")) {
            settings.add(new Setting.WeightsPer(section.choice("per", granularities(), Per.CHANNEL)));
        }
        if (section.has("weight-bits")) {
            settings.add(new Setting.WeightBits(section.integer("weight-bits", WEIGHT_BITS, 8)));
        }
        if (section.has("activation-bits")) {
            settings.add(new Setting.ActivationBits(section.integer("activation-bits", ACTIVATION_BITS, 8)));
        }
        if (section.has("symmetric")) {
            settings.add(new Setting.Symmetric(section.flag("symmetric", false)));
        }
        if (section.has("weight-method")) {
            settings.add(new Setting.WeightMethod(section.text("weight-method", "")));
        }
        if (section.has("activation-method")) {
            settings.add(new Setting.ActivationMethod(section.text("activation-method", "")));
        }
        return settings;
    }

    private static Map<String, Per> granularities() {
        Map<String, Per> granularities = new LinkedHashMap<>();
        for (Per per : Per.values()) {
            granularities.put(per.text(), per);
        }
        return granularities;
    }
}
