package ai.vernier.recipe;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.UseLists;
import ai.vernier.settings.Nearest;
import ai.vernier.target.Target;
import ai.vernier.target.TensorProfile;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The rules of a recipe as they apply to one graph.
final class RuleBook {
    private final Recipe recipe;
    private final UseLists uses;

    /// The precision of one tensor.
    ///
    /// @param because the rules that had a say, as a suffix for a sentence; empty where the defaults hold
    record Verdict(Precision precision, String because) {
        boolean isRuled() {
            return !because.isEmpty();
        }
    }

    private RuleBook(Recipe recipe, UseLists uses) {
        this.recipe = recipe;
        this.uses = uses;
    }

    /// The rules of `recipe` for a graph.
    ///
    /// @throws InvalidInputException where a rule names what is not in the graph, or the target lacks a width
    static RuleBook of(Recipe recipe, GraphFacts facts) {
        List<String> problems = new ArrayList<>(widthProblems("recipe", settings(recipe.precision()), facts.target()));
        Set<String> names = names(facts);
        Set<String> operators = new LinkedHashSet<>(facts.target().knownOperators());
        facts.nodes().forEach(node -> operators.add(node.qualifiedType()));
        for (int i = 0; i < recipe.rules().size(); i++) {
            String place = "recipe rules[%d]".formatted(i);
            Rule rule = recipe.rules().get(i);
            problems.addAll(widthProblems(place, rule.settings(), facts.target()));
            problems.addAll(nameProblems(place, rule.selector(), names));
            rule.selector().operators().stream()
                    .filter(type -> !operators.contains(type))
                    .map(type -> "%s: op-types: neither model nor target knows '%s'%s"
                            .formatted(place, type, Nearest.hint(type, operators)))
                    .forEach(problems::add);
        }
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
        return new RuleBook(recipe, facts.uses());
    }

    private static Set<String> names(GraphFacts facts) {
        Set<String> names = new LinkedHashSet<>();
        facts.graph().inputs().forEach(input -> names.add(input.name()));
        names.addAll(facts.graph().initializers().keySet());
        for (Node node : facts.nodes()) {
            names.add(node.name());
            names.addAll(node.outputs());
        }
        names.remove("");
        return names;
    }

    private static List<String> nameProblems(String place, Selector selector, Set<String> names) {
        List<String> problems = new ArrayList<>();
        selector.names().stream()
                .filter(name -> !names.contains(name))
                .map(name -> "%s: names: no tensor or node of the model is named '%s'%s"
                        .formatted(place, name, Nearest.hint(name, names)))
                .forEach(problems::add);
        Selector regex = Selector.ofRegex(selector.regex());
        if (names.stream().noneMatch(regex::selectsName)) {
            problems.add("%s: regex: '%s' is in no name of a tensor or node of the model"
                    .formatted(place, selector.regex()));
        }
        return problems;
    }

    private static List<Setting> settings(Precision precision) {
        return List.of(
                new Setting.WeightBits(precision.weightBits()), new Setting.ActivationBits(precision.activationBits()));
    }

    private static List<String> widthProblems(String place, List<Setting> settings, Target target) {
        List<String> problems = new ArrayList<>();
        for (Setting setting : settings) {
            switch (setting) {
                case Setting.WeightBits(int bits)
                when !target.weights().allows(bits) ->
                    problems.add(widthProblem(place, setting, target, target.weights()));
                case Setting.ActivationBits(int bits)
                when !target.activations().allows(bits) ->
                    problems.add(widthProblem(place, setting, target, target.activations()));
                default -> {}
            }
        }
        return problems;
    }

    private static String widthProblem(String place, Setting setting, Target target, TensorProfile profile) {
        return "%s: found %s, but target %s takes %d to %d bits there"
                .formatted(place, setting.text(), target.name(), profile.minBits(), profile.maxBits());
    }

    /// The precision of `tensor`, of which `nodes` produced the values (or, for a weight, use them).
    Verdict verdict(String tensor, List<Node> nodes) {
        Precision precision = recipe.precision();
        List<String> because = new ArrayList<>();
        for (int i = 0; i < recipe.rules().size(); i++) {
            Rule rule = recipe.rules().get(i);
            List<Setting> settings = rule.settings().stream()
                    .filter(setting -> !(setting instanceof Setting.KeepFloat))
                    .toList();
            if (!settings.isEmpty() && (selectsTensor(rule.selector(), tensor) || selectsAny(rule.selector(), nodes))) {
                for (Setting setting : settings) {
                    precision = precision.with(setting);
                }
                because.add(describe(i, rule));
            }
        }
        return new Verdict(precision, because.isEmpty() ? "" : "; by " + String.join(" and ", because));
    }

    /// The rule that keeps `node` in floating point, where there is one.
    Optional<String> keepsFloat(Node node) {
        Optional<String> reason = Optional.empty();
        for (int i = 0; i < recipe.rules().size(); i++) {
            Rule rule = recipe.rules().get(i);
            Optional<Boolean> keep = keepFloat(rule);
            if (keep.isPresent() && selectsNode(rule.selector(), node)) {
                reason = keep.get() ? Optional.of("by " + describe(i, rule)) : Optional.empty();
            }
        }
        return reason;
    }

    /// The rule that keeps `tensor` in floating point, where there is one. A later rule that takes this back for the
    /// tensor, its producer or a consumer wins.
    Optional<String> keepsFloat(String tensor) {
        Optional<String> reason = Optional.empty();
        for (int i = 0; i < recipe.rules().size(); i++) {
            Rule rule = recipe.rules().get(i);
            Optional<Boolean> keep = keepFloat(rule);
            if (keep.isPresent() && selectsTensor(rule.selector(), tensor)) {
                reason = keep.get() ? Optional.of("by " + describe(i, rule)) : Optional.empty();
            } else if (keep.isPresent() && !keep.get() && selectsAny(rule.selector(), neighbours(tensor))) {
                reason = Optional.empty();
            }
        }
        return reason;
    }

    private List<Node> neighbours(String tensor) {
        List<Node> neighbours = new ArrayList<>(uses.consumers(tensor));
        uses.producer(tensor).ifPresent(neighbours::add);
        return neighbours;
    }

    private boolean selectsTensor(Selector selector, String tensor) {
        return selector.isNamed()
                && selector.selectsName(tensor)
                && (selector.operators().isEmpty()
                        || uses.producer(tensor)
                                .map(producer -> selector.selectsOperator(producer.qualifiedType()))
                                .orElse(false));
    }

    private static boolean selectsAny(Selector selector, List<Node> nodes) {
        return nodes.stream().anyMatch(node -> selectsNode(selector, node));
    }

    private static boolean selectsNode(Selector selector, Node node) {
        return selector.selectsName(node.name()) && selector.selectsOperator(node.qualifiedType());
    }

    private static Optional<Boolean> keepFloat(Rule rule) {
        return rule.settings().stream()
                .filter(Setting.KeepFloat.class::isInstance)
                .map(setting -> ((Setting.KeepFloat) setting).keep())
                .findFirst();
    }

    private static String describe(int index, Rule rule) {
        return "rules[%d] (%s)".formatted(index, rule.selector().text());
    }
}
