package ai.vernier.recipe;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What a rule is about. A kind that is empty selects everything; where several kinds are given, all must hold.
///
/// @param names exact names of tensors or nodes
/// @param regex found anywhere in the name of a tensor or node; empty for none
/// @param operators operator types of nodes
public record Selector(List<String> names, String regex, List<String> operators) {
    public Selector {
        names = List.copyOf(names);
        operators = List.copyOf(operators);
    }

    public static Selector ofNames(String... names) {
        return new Selector(List.of(names), "", List.of());
    }

    public static Selector ofRegex(String regex) {
        return new Selector(List.of(), regex, List.of());
    }

    public static Selector ofOperators(String... operators) {
        return new Selector(List.of(), "", List.of(operators));
    }

    /// Whether the rule is about a certain name at all, and not only about operator types.
    public boolean isNamed() {
        return !names.isEmpty() || !regex.isEmpty();
    }

    /// Whether `name` is one this selector means.
    public boolean selectsName(String name) {
        return (names.isEmpty() || names.contains(name))
                && (regex.isEmpty() || Pattern.compile(regex).matcher(name).find());
    }

    /// Whether an operator of type `operator` is one this selector means.
    public boolean selectsOperator(String operator) {
        return operators.isEmpty() || operators.contains(operator);
    }

    /// For people: `names a, b; op-types Conv`.
    public String text() {
        List<String> parts = new ArrayList<>();
        if (!names.isEmpty()) {
            parts.add((names.size() == 1 ? "name " : "names ") + String.join(", ", names));
        }
        if (!regex.isEmpty()) {
            parts.add("regex " + regex);
        }
        if (!operators.isEmpty()) {
            parts.add((operators.size() == 1 ? "op type " : "op types ") + String.join(", ", operators));
        }
        return String.join("; ", parts);
    }
}
