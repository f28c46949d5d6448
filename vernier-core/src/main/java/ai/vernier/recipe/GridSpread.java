package ai.vernier.recipe;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.target.Behaviour;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which nodes compute on integers, and which tensors need a grid for that.
///
/// Sums of products ask for grids on what they read, wherever it comes from. All other arithmetic joins in where
/// everything it reads is on a grid already, so that no value that is born in floating point (a variance, a mask) is
/// squeezed onto a grid on its way to another floating-point operator; and it stays out where all who read it are.
/// Data movement carries grids along. A Concat that only hands values out of the graph stays out too: one grid for
/// boxes of 400 pixels and scores below 1 would leave nothing of the scores, and no integer operator needs it.
final class GridSpread {
    /// Attention masks are written as −10⁴, −10⁹ or −∞: no grid holds them and data.
    private static final float MASK = 1e4f;

    private final GraphFacts facts;
    private final RuleBook rules;
    private final Chains chains;
    private final Map<String, State> states = new HashMap<>();
    private final Map<String, Optional<String>> refusals = new HashMap<>();
    private final IdentityHashMap<Node, String> floatReasons = new IdentityHashMap<>();
    private final Set<Node> computed = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<String, String> demands = new LinkedHashMap<>();
    private final Map<String, String> grids = new LinkedHashMap<>();

    /// Where a value comes from.
    private enum State {
        /// An integer operator writes it.
        INTEGER,
        /// Nobody has decided yet: a graph input or a constant, possibly moved.
        OPEN,
        /// A floating-point operator writes it.
        FLOAT
    }

    private GridSpread(GraphFacts facts, RuleBook rules, Chains chains) {
        this.facts = facts;
        this.rules = rules;
        this.chains = chains;
    }

    static GridSpread of(GraphFacts facts, RuleBook rules, Chains chains) {
        GridSpread spread = new GridSpread(facts, rules, chains);
        facts.graph().requiredInputs().forEach(input -> spread.states.put(input.name(), State.OPEN));
        facts.graph()
                .initializers()
                .forEach((name, tensor) -> spread.states.put(name, isMask(tensor) ? State.FLOAT : State.OPEN));
        facts.nodes().forEach(spread::visit);
        facts.nodes().reversed().forEach(spread::leaveToFloatReaders);
        facts.nodes().forEach(spread::demandInputs);
        facts.nodes().forEach(spread::gridOutputs);
        spread.demands.forEach(spread.grids::putIfAbsent);
        facts.nodes().reversed().forEach(spread::moveBack);
        facts.nodes().forEach(spread::moveOn);
        return spread;
    }

    /// Whether `node` computes on integers.
    boolean isComputed(Node node) {
        return computed.contains(node);
    }

    /// Why `node` computes in floating point; empty where it does not, or only moves data.
    Optional<String> floatReason(Node node) {
        return Optional.ofNullable(floatReasons.get(node));
    }

    /// Why `tensor` is on a grid, as a clause; empty where it is not.
    Optional<String> grid(String tensor) {
        return Optional.ofNullable(grids.get(tensor));
    }

    boolean isOnGrid(String tensor) {
        return grids.containsKey(tensor);
    }

    /// Why `tensor` can have no grid at all; empty where it can.
    Optional<String> refusal(String tensor) {
        return refusals.computeIfAbsent(tensor, this::findRefusal);
    }

    private Optional<String> findRefusal(String tensor) {
        if (!facts.isFloat32(tensor)) {
            return Optional.of("holds " + facts.type(tensor).map(DataType::text).orElse("an unknown type"));
        }
        Optional<String> unfit = facts.constant(tensor)
                .filter(constant -> !isFinite(constant))
                .map(_ -> "is empty, or has values that are not finite");
        return unfit.or(() -> rules.keepsFloat(tensor));
    }

    private void visit(Node node) {
        if (chain(node).filter(found -> !found.startsWith(node)).isPresent()) {
            compute(node);
            return;
        }
        if (movesGrid(node)) {
            State input = state(node.inputs().getFirst());
            node.outputs().forEach(output -> states.put(output, input));
            return;
        }
        String reason = rules.keepsFloat(node).orElseGet(() -> obstacle(node));
        if (reason != null) {
            floatReasons.put(node, reason);
            node.outputs().forEach(output -> states.put(output, State.FLOAT));
            return;
        }
        compute(node);
    }

    private void compute(Node node) {
        computed.add(node);
        node.outputs().forEach(output -> states.put(output, State.INTEGER));
    }

    private State state(String tensor) {
        return refusal(tensor).isPresent() ? State.FLOAT : states.getOrDefault(tensor, State.FLOAT);
    }

    /// What keeps `node` from computing on integers; null for nothing.
    private @Nullable String obstacle(Node node) {
        return switch (facts.behaviour(node)) {
            case Behaviour.StaysFloat(String reason) -> reason;
            case Behaviour.WeightedSum _ -> refusedInput(node);
            case Behaviour.Computed _, Behaviour.FixedRange _, Behaviour.SharesGrid _ -> {
                String refused = refusedInput(node);
                yield refused != null ? refused : floatInput(node);
            }
            case Behaviour.MovesData _ -> null;
        };
    }

    private @Nullable String refusedInput(Node node) {
        return facts.dataInputs(node).stream()
                .filter(input -> refusal(input).isPresent())
                .map(input -> "its input '%s' %s"
                        .formatted(input, refusal(input).map(GridSpread::clause).orElse("")))
                .findFirst()
                .orElse(null);
    }

    private static String clause(String refusal) {
        return refusal.startsWith("by ") ? "stays in floating point " + refusal : refusal;
    }

    private @Nullable String floatInput(Node node) {
        List<String> inputs = facts.dataInputs(node);
        Optional<String> masked = inputs.stream()
                .filter(input ->
                        facts.constant(input).filter(GridSpread::isMask).isPresent())
                .findFirst();
        if (masked.isPresent()) {
            return "its input '%s' holds values of %s and more, a mask rather than data".formatted(masked.get(), MASK);
        }
        if (inputs.stream().allMatch(facts::isConstant)) {
            return "it reads nothing but constants";
        }
        return inputs.stream()
                .filter(input -> state(input) == State.FLOAT)
                .map("its input '%s' is computed in floating point"::formatted)
                .findFirst()
                .orElse(null);
    }

    /// Arithmetic without weights gains nothing from integers where all its readers need floating point; a Concat gains
    /// nothing either where the only other reader is the caller.
    private void leaveToFloatReaders(Node node) {
        List<Node> nodes = chain(node).map(Chains.Chain::nodes).orElse(List.of(node));
        boolean mayLeave =
                computed.contains(node) && !(facts.behaviour(nodes.getFirst()) instanceof Behaviour.WeightedSum);
        boolean last = nodes.getLast().outputs().equals(node.outputs());
        boolean joins = facts.behaviour(node) instanceof Behaviour.SharesGrid;
        if (mayLeave && last && node.outputs().stream().noneMatch(output -> isWanted(output, !joins))) {
            String reason = joins
                    ? "no integer operator reads what it joins, and each part is finer on its own grid"
                    : "all its readers compute in floating point";
            for (Node left : nodes) {
                computed.remove(left);
                floatReasons.put(left, reason);
                left.outputs().forEach(output -> states.put(output, State.FLOAT));
            }
        }
    }

    /// Whether an integer operator reads `tensor`, moved or as it is, or the caller does and that counts.
    private boolean isWanted(String tensor, boolean callerCounts) {
        return (callerCounts && facts.uses().isGraphOutput(tensor))
                || facts.uses().consumers(tensor).stream()
                        .anyMatch(reader -> computed.contains(reader)
                                || (movesGrid(reader)
                                        && reader.outputs().stream()
                                                .anyMatch(output -> isWanted(output, callerCounts))));
    }

    private void demandInputs(Node node) {
        boolean first = chain(node).map(chain -> chain.startsWith(node)).orElse(true);
        if (computed.contains(node) && first) {
            facts.dataInputs(node).forEach(input -> demands.putIfAbsent(input, "read by " + node.label()));
        }
    }

    /// The chain that computes on integers and has `node` in it.
    private Optional<Chains.Chain> chain(Node node) {
        return chains.of(node).filter(found -> computed.contains(found.head()));
    }

    private void gridOutputs(Node node) {
        Optional<Chains.Chain> chain = chain(node);
        boolean inside = chain.isPresent() && !chain.get().endsWith(node);
        if (inside || !computed.contains(node)) {
            return;
        }
        String why = "output of " + chain.map(Chains.Chain::label).orElse(node.label());
        facts.floatOutputs(node).stream()
                .filter(output -> refusal(output).isEmpty())
                .forEach(output -> grids.put(output, why));
    }

    /// A grid wanted behind data movement is better laid before it, unless that would put a value of a floating-point
    /// operator on a grid that others read in floating point.
    private void moveBack(Node node) {
        if (!movesGrid(node) || node.outputs().stream().noneMatch(grids::containsKey)) {
            return;
        }
        String input = node.inputs().getFirst();
        boolean wanted = state(input) != State.FLOAT
                || (!facts.isConstant(input) && facts.uses().soleConsumer(input).isPresent());
        if (wanted && refusal(input).isEmpty()) {
            grids.putIfAbsent(input, "read through " + node.label() + " by an integer operator");
        }
    }

    private void moveOn(Node node) {
        if (movesGrid(node) && grids.containsKey(node.inputs().getFirst())) {
            facts.floatOutputs(node).stream()
                    .filter(output -> refusal(output).isEmpty())
                    .forEach(output -> grids.putIfAbsent(output, "output of " + node.label()));
        }
    }

    /// Whether `node` hands the grid of its input on: it moves data, and no rule keeps it in floating point.
    boolean movesGrid(Node node) {
        return facts.behaviour(node) instanceof Behaviour.MovesData
                && node.input(0).isPresent()
                && rules.keepsFloat(node).isEmpty();
    }

    private static boolean isMask(TensorData tensor) {
        return tensor.dataType() == DataType.FLOAT && largest(tensor) >= MASK;
    }

    private static boolean isFinite(TensorData tensor) {
        return tensor.elementCount() > 0 && Float.isFinite(largest(tensor));
    }

    /// The largest magnitude; NaN and infinities count as infinite.
    private static float largest(TensorData tensor) {
        float largest = 0;
        for (long i = 0; i < tensor.elementCount(); i++) {
            float magnitude = Math.abs(tensor.floatAt(i));
            largest = Float.isNaN(magnitude) ? Float.POSITIVE_INFINITY : Math.max(largest, magnitude);
        }
        return largest;
    }
}
