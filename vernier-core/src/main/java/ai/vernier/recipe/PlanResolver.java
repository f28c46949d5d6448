package ai.vernier.recipe;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.UseLists;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.QuantSpec;
import ai.vernier.target.Behaviour;
import ai.vernier.target.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Decides for every float tensor of a model's main graph which grid it gets, with the reason:
///
/// 1. fusions of the target make chains of nodes, of which only the last output counts ([Chains]);
/// 2. nodes that compute on integers and the tensors that need grids for it are found ([GridSpread]);
/// 3. weights and biases get the grids of their operators ([Roles]);
/// 4. data movement and Concat tie grids together ([Ties]).
///
/// Constants that are data (the operand of an Add) lie on activation grids of their exact range.
public final class PlanResolver {
    /// The range method of constants: all their values are known.
    private static final String EXACT = "minmax";

    private final GraphFacts facts;
    private final Chains chains;
    private final GridSpread spread;
    private final Roles roles;
    private final Ties ties;
    private final Map<String, Decision> decisions = new LinkedHashMap<>();

    private PlanResolver(GraphFacts facts, RuleBook rules) {
        this.facts = facts;
        this.chains = Chains.of(facts, rules);
        this.spread = GridSpread.of(facts, rules, chains);
        this.roles = Roles.of(facts, rules, chains, spread);
        this.ties = Ties.of(facts, spread, roles);
    }

    /// The plan for `model`: an entry for every float tensor of the main graph that a node reads or writes, in graph
    /// order. Graph outputs are on grids like any other value; sub-graphs stay in floating point.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where the recipe names what the model does not have, or
    ///     asks for what the target cannot do
    public static Plan resolve(Recipe recipe, Model model, Target target) {
        GraphFacts facts = new GraphFacts(model.graph(), target);
        PlanResolver resolver = new PlanResolver(facts, RuleBook.of(recipe, facts));
        model.graph().inputs().forEach(input -> resolver.decide(input.name()));
        for (Node node : facts.nodes()) {
            UseLists.usedBy(node).forEach(resolver::decide);
            node.outputs().forEach(resolver::decide);
        }
        return new Plan(resolver.decisions);
    }

    private void decide(String tensor) {
        boolean isFloat = facts.type(tensor).map(type -> type.isFloatingPoint()).orElse(false);
        if (isFloat && !decisions.containsKey(tensor)) {
            decisions.put(tensor, decision(tensor));
        }
    }

    private Decision decision(String tensor) {
        Optional<Roles.Bias> bias = roles.bias(tensor);
        if (bias.isPresent()) {
            String rule = "bias of %s: int32 on the grid of the accumulator"
                    .formatted(bias.get().node().label());
            return new Decision.AccumulatorBias(bias.get().input(), bias.get().weight(), rule);
        }
        if (!spread.isOnGrid(tensor)) {
            return new Decision.KeepFloat(floatRule(tensor));
        }
        Optional<Ties.Tie> tie = ties.of(tensor);
        if (tie.isPresent()) {
            return new Decision.SameAs(tie.get().follows(), tie.get().rule());
        }
        return ownGrid(tensor);
    }

    private Decision ownGrid(String tensor) {
        QuantSpec spec = roles.spec(tensor);
        RuleBook.Verdict verdict = roles.verdict(tensor);
        Optional<Behaviour.FixedRange> fixed = ties.fixedRange(tensor);
        if (fixed.isPresent()) {
            String why = "%s, whose range [%s, %s] is known"
                    .formatted(origin(tensor), fixed.get().min(), fixed.get().max());
            return new Decision.Fixed(spec, fixed.get().min(), fixed.get().max(), sentence(why, spec, verdict));
        }
        if (roles.isWeight(tensor)) {
            String users = String.join(", ", labels(roles.weightUsers(tensor)));
            String method = verdict.precision().weightMethod();
            return new Decision.Calibrated(spec, method, sentence("weight of " + users, spec, verdict));
        }
        boolean constant = facts.isConstant(tensor);
        String why = constant ? "constant " + origin(tensor) : origin(tensor);
        String method = constant ? EXACT : verdict.precision().activationMethod();
        return new Decision.Calibrated(spec, method, sentence(why + floatReaders(tensor), spec, verdict));
    }

    private String origin(String tensor) {
        String why = spread.grid(tensor).orElse("");
        return facts.isInput(tensor) ? "graph input " + why : why;
    }

    private String floatReaders(String tensor) {
        List<Node> readers = facts.uses().consumers(tensor);
        boolean onlyFloat = !readers.isEmpty()
                && readers.stream().allMatch(node -> spread.floatReason(node).isPresent());
        return onlyFloat ? ", on a grid as it leaves the integer operator though its readers are not" : "";
    }

    private static String sentence(String why, QuantSpec spec, RuleBook.Verdict verdict) {
        return "%s: %s %s%s".formatted(why, spec.format().text(), words(spec), verdict.because());
    }

    private static String words(QuantSpec spec) {
        String scheme = spec.scheme().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return switch (spec.granularity()) {
            case Granularity.PerTensor _ -> scheme;
            case Granularity.PerChannel(int axis) -> "%s per channel (axis %d)".formatted(scheme, axis);
            case Granularity.PerGroup(int axis, int size) ->
                "%s per group of %d (axis %d)".formatted(scheme, size, axis);
        };
    }

    private String floatRule(String tensor) {
        Optional<String> refusal = spread.refusal(tensor);
        if (refusal.isPresent()) {
            return "stays in floating point: " + refusal.get();
        }
        Optional<String> biasRefusal = roles.biasRefusal(tensor);
        if (biasRefusal.isPresent()) {
            return "stays in floating point: " + biasRefusal.get();
        }
        return facts.uses().producer(tensor).map(this::producedFloat).orElseGet(() -> readFloat(tensor));
    }

    private String producedFloat(Node producer) {
        Optional<Chains.Chain> chain = chains.of(producer).filter(found -> !found.endsWith(producer));
        if (chain.isPresent() && spread.isComputed(chain.get().head())) {
            return "inside the fused %s: only the last output is put on a grid"
                    .formatted(chain.get().label());
        }
        return spread.floatReason(producer)
                .map(reason -> "%s computes in floating point: %s".formatted(producer.label(), reason))
                .orElseGet(() -> "%s moves data that is in floating point".formatted(producer.label()));
    }

    private String readFloat(String tensor) {
        List<Node> readers = facts.uses().consumers(tensor);
        if (readers.isEmpty()) {
            return "no node reads it";
        }
        Node reader = readers.getFirst();
        return spread.floatReason(reader)
                .map(reason -> "read by %s, which computes in floating point: %s".formatted(reader.label(), reason))
                .orElseGet(() -> spread.isComputed(reader)
                        ? "parameter of %s, which takes it in floating point".formatted(reader.label())
                        : "read by %s, which moves data in floating point".formatted(reader.label()));
    }

    private static List<String> labels(List<Node> nodes) {
        return nodes.stream().map(Node::label).toList();
    }
}
