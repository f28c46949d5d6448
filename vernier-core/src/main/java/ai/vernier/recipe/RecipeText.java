package ai.vernier.recipe;

import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/// Writes recipe files.
final class RecipeText {
    private RecipeText() {}

    static String print(Recipe recipe) {
        Precision precision = recipe.precision();
        StringBuilder text = new StringBuilder();
        text.append("vernier-recipe: ").append(Recipe.VERSION).append('\n');
        text.append("target: ").append(quote(recipe.target())).append('\n');
        text.append("per: ").append(precision.per().text()).append('\n');
        text.append("weight-bits: ").append(precision.weightBits()).append('\n');
        text.append("weight-method: ").append(quote(precision.weightMethod())).append('\n');
        text.append("activation-bits: ").append(precision.activationBits()).append('\n');
        text.append("activation-method: ")
                .append(quote(precision.activationMethod()))
                .append('\n');
        text.append("symmetric: ").append(precision.symmetric()).append('\n');
        text.append("bias-correction: ").append(recipe.biasCorrection()).append('\n');
        text.append("skip-passes: ")
                .append(list(recipe.preparation().skipped()))
                .append('\n');
        text.append("extra-passes: ").append(list(recipe.preparation().extra())).append('\n');
        text.append("newest-opset: ").append(recipe.preparation().newestOpset()).append('\n');
        text.append("calibration:\n  batch: ").append(recipe.batch()).append('\n');
        text.append("  samples: ").append(recipe.samples()).append(recipe.samples() == 0 ? "  # all\n" : "\n");
        if (!recipe.preprocessing().isEmpty()) {
            text.append("preprocessing:\n");
            recipe.preprocessing().forEach((key, value) -> text.append("  %s: %s\n".formatted(key, quote(value))));
        }
        text.append(recipe.rules().isEmpty() ? "rules: []\n" : "rules:\n");
        recipe.rules().forEach(rule -> text.append(print(rule)));
        return text.toString();
    }

    private static String print(Rule rule) {
        StringJoiner lines = new StringJoiner("\n    ", "  - ", "\n");
        Selector selector = rule.selector();
        if (!selector.names().isEmpty()) {
            lines.add("names: " + list(selector.names()));
        }
        if (!selector.regex().isEmpty()) {
            lines.add("regex: " + quote(selector.regex()));
        }
        if (!selector.operators().isEmpty()) {
            lines.add("op-types: " + list(selector.operators()));
        }
        rule.settings().forEach(setting -> lines.add(print(setting)));
        return lines.toString();
    }

    private static String print(Setting setting) {
        return switch (setting) {
            case Setting.WeightMethod(String method) -> "weight-method: " + quote(method);
            case Setting.ActivationMethod(String method) -> "activation-method: " + quote(method);
            case Setting other -> other.text();
        };
    }

    private static String list(List<String> texts) {
        return texts.stream().map(RecipeText::quote).collect(Collectors.joining(", ", "[", "]"));
    }

    /// Plain where YAML reads it back as the same text, else in double quotes with JSON's escapes.
    private static String quote(String text) {
        boolean keyword = text.matches("true|false|null|yes|no|on|off");
        if (text.matches("[A-Za-z][A-Za-z0-9_./:-]*") && !text.endsWith(":") && !keyword) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> quoted.append(escape(c)));
        return quoted.append('"').toString();
    }

    private static String escape(int codePoint) {
        return switch (codePoint) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\t' -> "\\t";
            default -> codePoint < ' ' ? "\\x%02x".formatted(codePoint) : Character.toString(codePoint);
        };
    }
}
