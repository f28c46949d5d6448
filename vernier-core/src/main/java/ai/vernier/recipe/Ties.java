package ai.vernier.recipe;

import ai.vernier.onnx.Node;
import ai.vernier.target.Behaviour;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which tensors share the grid of another, their leader. A leader holds every value of those it leads, so that its
/// statistics alone give a range for all.
///
/// Data movement: the output follows the input. Concat: the inputs follow the output, through data movement that
/// keeps every value up to where they are computed, and through further Concats. Where that cannot be (an input has a
/// fixed range, another format, or is a part of a larger value) the input keeps its own grid and Concat requantizes it;
/// where all inputs lie on one grid already, the output joins it.
final class Ties {
    private final GraphFacts facts;
    private final GridSpread spread;
    private final Roles roles;
    private final Map<String, Tie> ties = new HashMap<>();

    /// @param follows the next tensor on the way to the leader
    /// @param everyValue whether the followed tensor's values are all in this one too
    /// @param rule a sentence
    record Tie(String follows, boolean everyValue, String rule) {}

    private Ties(GraphFacts facts, GridSpread spread, Roles roles) {
        this.facts = facts;
        this.spread = spread;
        this.roles = roles;
    }

    /// The ties of the tensors that `spread` put on grids.
    static Ties of(GraphFacts facts, GridSpread spread, Roles roles) {
        Ties ties = new Ties(facts, spread, roles);
        facts.nodes().forEach(ties::tieMovement);
        facts.nodes().forEach(ties::joinInputs);
        facts.nodes().reversed().forEach(ties::leadInputs);
        return ties;
    }

    /// The tensor whose grid `tensor` shares, and why; empty where it has its own.
    Optional<Tie> of(String tensor) {
        Tie first = ties.get(tensor);
        return first == null ? Optional.empty() : Optional.of(new Tie(leader(tensor), first.everyValue, first.rule));
    }

    private String leader(String tensor) {
        String current = tensor;
        for (Tie tie = ties.get(current); tie != null; tie = ties.get(current)) {
            current = tie.follows;
        }
        return current;
    }

    private void tieMovement(Node node) {
        if (!spread.movesGrid(node) || !(facts.behaviour(node) instanceof Behaviour.MovesData moves)) {
            return;
        }
        String input = node.inputs().getFirst();
        if (!spread.isOnGrid(input) || isBound(input)) {
            return;
        }
        for (String output : facts.floatOutputs(node)) {
            if (accepts(output, input)) {
                String rule = "%s moves data on the grid of its input".formatted(node.label());
                ties.put(output, new Tie(input, moves.everyValue(), rule));
            }
        }
    }

    /// A rule may give a tensor a grid of its own; else it takes the grid it is offered.
    private boolean accepts(String tensor, String offered) {
        return spread.isOnGrid(tensor)
                && !isBound(tensor)
                && (!roles.verdict(tensor).isRuled() || sameSpec(tensor, leader(offered)));
    }

    private boolean sameSpec(String tensor, String other) {
        return roles.spec(tensor).equals(roles.spec(other));
    }

    /// Weights and biases keep the grids their operators need.
    private boolean isBound(String tensor) {
        return roles.isWeight(tensor) || roles.bias(tensor).isPresent();
    }

    private void joinInputs(Node node) {
        if (!isConcat(node)) {
            return;
        }
        String output = node.outputs().getFirst();
        List<String> leaders =
                facts.dataInputs(node).stream().map(this::leader).distinct().toList();
        boolean oneGrid = leaders.size() == 1 || sameFixedRange(leaders);
        if (oneGrid && !isBound(leaders.getFirst()) && accepts(output, leaders.getFirst())) {
            String rule = "all inputs of %s lie on one grid already".formatted(node.label());
            ties.put(output, new Tie(leaders.getFirst(), false, rule));
        }
    }

    private boolean sameFixedRange(List<String> leaders) {
        List<Optional<Behaviour.FixedRange>> ranges =
                leaders.stream().map(this::fixedRange).distinct().toList();
        return ranges.size() == 1
                && ranges.getFirst().isPresent()
                && leaders.stream().map(roles::spec).distinct().count() == 1;
    }

    private void leadInputs(Node node) {
        if (!isConcat(node)) {
            return;
        }
        String output = node.outputs().getFirst();
        for (String input : facts.dataInputs(node)) {
            String source = source(input);
            if (mayFollow(source, output)) {
                String rule = "%s joins it with others on one grid".formatted(node.label());
                ties.put(source, new Tie(output, true, rule));
            }
        }
    }

    private boolean isConcat(Node node) {
        return facts.behaviour(node) instanceof Behaviour.SharesGrid && spread.isComputed(node);
    }

    /// Where the values of `tensor` are computed, as far as it has them all.
    private String source(String tensor) {
        String current = tensor;
        for (Tie tie = ties.get(current); tie != null && tie.everyValue; tie = ties.get(current)) {
            current = tie.follows;
        }
        return current;
    }

    private boolean mayFollow(String source, String output) {
        return !ties.containsKey(source)
                && !isBound(source)
                && spread.isOnGrid(source)
                && spread.isOnGrid(output)
                && !leader(output).equals(source)
                && fixedRange(source).isEmpty()
                && sameSpec(source, leader(output));
    }

    /// The range that the producer of `tensor` gives it by definition.
    Optional<Behaviour.FixedRange> fixedRange(String tensor) {
        return facts.uses()
                .producer(tensor)
                .map(facts::behaviour)
                .filter(Behaviour.FixedRange.class::isInstance)
                .map(Behaviour.FixedRange.class::cast);
    }
}
