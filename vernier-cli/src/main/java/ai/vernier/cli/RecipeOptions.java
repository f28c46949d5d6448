package ai.vernier.cli;

import ai.vernier.calibrate.RangeMethod;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.passes.Preparation;
import ai.vernier.recipe.Per;
import ai.vernier.recipe.Recipe;
import ai.vernier.recipe.Rule;
import ai.vernier.recipe.Selector;
import ai.vernier.recipe.Setting;
import ai.vernier.settings.Section;
import ai.vernier.target.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say what is quantized and how. They win over the recipe file, and the last of them over the others:
/// excludes first, then includes.
final class RecipeOptions {
    @Option(names = "--recipe", paramLabel = "R.yaml", description = "A recipe file; flags win over what it says.")
    private @Nullable Path file;

    @Option(names = "--target", paramLabel = "NAME", description = "Hardware, by name or file. Default: generic-int8.")
    private @Nullable String target;

    @Option(
            names = "--per",
            paramLabel = "tensor|channel",
            description = "What shares one weight scale. Default: what the target can do best.")
    private @Nullable Per per;

    @Option(names = "--weight-bits", paramLabel = "N", description = "Width of weights, 2 to 16. Default: 8.")
    private @Nullable Integer weightBits;

    @Option(names = "--activation-bits", paramLabel = "N", description = "Width of activations, 4 to 16. Default: 8.")
    private @Nullable Integer activationBits;

    @Option(
            names = "--symmetric",
            negatable = true,
            arity = "0",
            description = "Activations with their zero in the middle of the grid.")
    private @Nullable Boolean symmetric;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "Range method of activations, such as minmax, moving-average, percentile:99.99, mse.")
    private @Nullable String method;

    @Option(names = "--weight-method", paramLabel = "NAME", description = "Range method of weights.")
    private @Nullable String weightMethod;

    @Option(
            names = "--bias-correction",
            negatable = true,
            arity = "0",
            description = "Take the mean error of each layer out of its bias. On unless the recipe says otherwise.")
    private @Nullable Boolean biasCorrection;

    @Option(
            names = "--skip-pass",
            paramLabel = "NAME",
            description = "Leave this clean-up of the graph out, by the name that inspect --passes shows. Repeatable.")
    private List<String> skippedPasses = new ArrayList<>();

    @Option(
            names = "--extra-pass",
            paramLabel = "NAME",
            description = "Also run this clean-up, which is off by default: ReplaceBatchNorm. Repeatable.")
    private List<String> extraPasses = new ArrayList<>();

    @Option(
            names = "--newest-opset",
            paramLabel = "N",
            description = "How far clean-ups may raise an older model, 7 to 24. 24 brings Swish, 23 RMSNormalization,"
                    + " 20 Gelu, 17 LayerNormalization. Default: 21.")
    private @Nullable Integer newestOpset;

    @Option(names = "--exclude", paramLabel = "NAME", description = "Keep this tensor or node in float. Repeatable.")
    private List<String> excluded = new ArrayList<>();

    @Option(
            names = "--exclude-op",
            paramLabel = "TYPE",
            description = "Keep operators of this type in float. Repeatable.")
    private List<String> excludedOperators = new ArrayList<>();

    @Option(
            names = "--exclude-regex",
            paramLabel = "REGEX",
            description = "Keep names in which this is found in float. Repeatable.")
    private List<String> excludedPatterns = new ArrayList<>();

    @Option(
            names = "--include",
            paramLabel = "NAME",
            description = "Quantize this tensor or node although something excludes it. Repeatable.")
    private List<String> included = new ArrayList<>();

    @Option(
            names = "--include-op",
            paramLabel = "TYPE",
            description = "Quantize operators of this type although something excludes them. Repeatable.")
    private List<String> includedOperators = new ArrayList<>();

    @Option(
            names = "--include-regex",
            paramLabel = "REGEX",
            description = "Quantize names in which this is found although something excludes them. Repeatable.")
    private List<String> includedPatterns = new ArrayList<>();

    /// The recipe of the file, or of `otherwise` where no file was named, with the flags applied.
    ///
    /// @throws InvalidInputException with everything that is wrong with file and flags
    Recipe recipe(@Nullable Path otherwise) {
        requireValid();
        Path chosen = file == null ? otherwise : file;
        Recipe recipe = chosen == null ? Recipe.defaults(target()) : retargeted(Recipe.read(chosen));
        if (biasCorrection != null) {
            recipe = recipe.withBiasCorrection(biasCorrection);
        }
        recipe = recipe.withPreparation(changed(recipe.preparation()));
        for (Setting setting : settings()) {
            recipe = recipe.with(setting);
        }
        for (Rule rule : rules()) {
            recipe = recipe.with(rule);
        }
        return recipe;
    }

    private Target target() {
        return Target.load(target == null ? Target.GENERIC_INT8 : target);
    }

    private Recipe retargeted(Recipe read) {
        return target == null ? read : read.withTarget(target);
    }

    private List<Setting> settings() {
        List<Setting> settings = new ArrayList<>();
        if (per != null) {
            settings.add(new Setting.WeightsPer(per));
        }
        if (weightBits != null) {
            settings.add(new Setting.WeightBits(weightBits));
        }
        if (activationBits != null) {
            settings.add(new Setting.ActivationBits(activationBits));
        }
        if (symmetric != null) {
            settings.add(new Setting.Symmetric(symmetric));
        }
        if (method != null) {
            settings.add(new Setting.ActivationMethod(method));
        }
        if (weightMethod != null) {
            settings.add(new Setting.WeightMethod(weightMethod));
        }
        return settings;
    }

    private List<Rule> rules() {
        List<Rule> rules = new ArrayList<>();
        addRules(rules, new Setting.KeepFloat(true), excluded, excludedOperators, excludedPatterns);
        addRules(rules, new Setting.KeepFloat(false), included, includedOperators, includedPatterns);
        return rules;
    }

    private static void addRules(
            List<Rule> rules, Setting setting, List<String> names, List<String> operators, List<String> patterns) {
        if (!operators.isEmpty()) {
            rules.add(Rule.of(Selector.ofOperators(operators.toArray(String[]::new)), setting));
        }
        patterns.forEach(pattern -> rules.add(Rule.of(Selector.ofRegex(pattern), setting)));
        if (!names.isEmpty()) {
            rules.add(Rule.of(Selector.ofNames(names.toArray(String[]::new)), setting));
        }
    }

    private Preparation changed(Preparation preparation) {
        Preparation changed = newestOpset == null ? preparation : preparation.withNewestOpset(newestOpset);
        for (String pass : extraPasses) {
            changed = changed.withExtra(pass);
        }
        for (String pass : skippedPasses) {
            changed = changed.without(pass);
        }
        return changed;
    }

    private void requireValid() {
        List<String> problems = new ArrayList<>();
        requireBits(problems, "--weight-bits", weightBits, 2);
        requireBits(problems, "--activation-bits", activationBits, 4);
        requireMethod(problems, "--method", method);
        requireMethod(problems, "--weight-method", weightMethod);
        requireBetween(problems, "--newest-opset", newestOpset, new Section.Bounds(7, 24));
        extraPasses.forEach(pass -> requirePass(problems, "--extra-pass", pass, Preparation.extras()));
        skippedPasses.forEach(pass -> requirePass(problems, "--skip-pass", pass, Preparation.names()));
        excludedPatterns.forEach(pattern -> requireRegex(problems, "--exclude-regex", pattern));
        includedPatterns.forEach(pattern -> requireRegex(problems, "--include-regex", pattern));
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
    }

    private static void requirePass(List<String> problems, String flag, String pass, List<String> known) {
        Preparation.nameProblem(pass, known).ifPresent(problem -> problems.add(flag + ": " + problem));
    }

    private static void requireBits(List<String> problems, String option, @Nullable Integer bits, int least) {
        requireBetween(problems, option, bits, new Section.Bounds(least, 16));
    }

    private static void requireBetween(
            List<String> problems, String option, @Nullable Integer found, Section.Bounds bounds) {
        if (found != null && (found < bounds.min() || found > bounds.max())) {
            problems.add("%s: found %d, expected %d to %d".formatted(option, found, bounds.min(), bounds.max()));
        }
    }

    private static void requireMethod(List<String> problems, String option, @Nullable String name) {
        try {
            if (name != null) {
                RangeMethod.parse(name);
            }
        } catch (InvalidInputException e) {
            e.problems().forEach(problem -> problems.add(option + ": " + problem));
        }
    }

    private static void requireRegex(List<String> problems, String option, String pattern) {
        try {
            Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            problems.add("%s '%s': not a regular expression: %s".formatted(option, pattern, e.getDescription()));
        }
    }
}
