package ai.vernier.recipe;

import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.target.Behaviour;
import ai.vernier.target.Fusion;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The chains of nodes that the target runs as one operator.
final class Chains {
    private final GraphFacts facts;
    private final RuleBook rules;
    private final IdentityHashMap<Node, Chain> chains = new IdentityHashMap<>();

    /// Nodes in order of computation, at least two.
    ///
    /// @param biasAdd whether the second node adds a bias to the accumulator of the first
    record Chain(List<Node> nodes, boolean biasAdd) {
        Chain {
            nodes = List.copyOf(nodes);
        }

        Node head() {
            return nodes.getFirst();
        }

        Node last() {
            return nodes.getLast();
        }

        /// Outputs identify a node: each value has one producer.
        boolean startsWith(Node node) {
            return head().outputs().equals(node.outputs());
        }

        boolean endsWith(Node node) {
            return last().outputs().equals(node.outputs());
        }

        String label() {
            return nodes.stream().map(Node::label).collect(Collectors.joining(" + "));
        }
    }

    private Chains(GraphFacts facts, RuleBook rules) {
        this.facts = facts;
        this.rules = rules;
    }

    /// Chains never share a node, and a node that a rule keeps in floating point is in none.
    static Chains of(GraphFacts facts, RuleBook rules) {
        Chains found = new Chains(facts, rules);
        facts.nodes().forEach(found::start);
        return found;
    }

    /// The chain that `node` is part of.
    Optional<Chain> of(Node node) {
        return Optional.ofNullable(chains.get(node));
    }

    private void start(Node head) {
        if (chains.containsKey(head)
                || facts.behaviour(head) instanceof Behaviour.StaysFloat
                || rules.keepsFloat(head).isPresent()) {
            return;
        }
        Stream.concat(selfGate(head).stream(), fused(head))
                .findFirst()
                .ifPresent(chain -> chain.nodes().forEach(node -> chains.put(node, chain)));
    }

    private Stream<Chain> fused(Node head) {
        return facts.target().fusions().stream()
                .filter(fusion -> fusion.first().contains(head.qualifiedType()))
                .map(fusion -> follow(fusion, head))
                .filter(chain -> chain.nodes().size() > 1);
    }

    /// `Mul(x, g(x))` with nobody else reading g(x).
    private Optional<Chain> selfGate(Node gate) {
        boolean isGate = facts.target().selfGates().contains(gate.qualifiedType());
        return (isGate ? next(gate) : Optional.<Node>empty())
                .filter(reader -> reader.qualifiedType().equals("Mul"))
                .filter(mul -> otherInput(mul, gate.outputs().getFirst())
                        .equals(gate.inputs().getFirst()))
                .map(mul -> new Chain(List.of(gate, mul), false));
    }

    private Chain follow(Fusion fusion, Node head) {
        List<Node> nodes = new ArrayList<>(List.of(head));
        boolean biasAdd = fusion.biasAdd()
                && next(head)
                        .filter(add -> isBiasAdd(head, add))
                        .map(nodes::add)
                        .orElse(false);
        for (List<String> stage : fusion.then()) {
            Node current = nodes.getLast();
            next(current)
                    .filter(node -> stage.contains(node.qualifiedType()))
                    .filter(node ->
                            node.inputs().getFirst().equals(current.outputs().getFirst()))
                    .ifPresent(nodes::add);
        }
        return new Chain(nodes, biasAdd);
    }

    /// The only reader of the only value that `node` hands out.
    private Optional<Node> next(Node node) {
        String output = node.outputs().getFirst();
        boolean single = node.outputs().stream().filter(name -> !name.isEmpty()).count() == 1;
        return (single ? facts.uses().soleConsumer(output) : Optional.<Node>empty())
                .filter(reader ->
                        reader.inputs().stream().filter(output::equals).count() == 1)
                .filter(reader ->
                        !chains.containsKey(reader) && rules.keepsFloat(reader).isEmpty());
    }

    /// `Add` of a constant vector, one value per column of a constant weight.
    private boolean isBiasAdd(Node head, Node add) {
        if (!add.qualifiedType().equals("Add") || !(facts.behaviour(head) instanceof Behaviour.WeightedSum sum)) {
            return false;
        }
        Optional<TensorData> weight = head.input(sum.weight()).flatMap(facts::constant);
        Optional<TensorData> bias =
                facts.constant(otherInput(add, head.outputs().getFirst()));
        return weight.isPresent()
                && facts.uses()
                        .soleConsumer(otherInput(add, head.outputs().getFirst()))
                        .isPresent()
                && bias.isPresent()
                && weight.get().rank() >= 2
                && bias.get().rank() == 1
                && bias.get().dim(0) == weight.get().dim(-1);
    }

    /// The operand of the two-operand node `add` that is not `value`.
    static String otherInput(Node add, String value) {
        return add.inputs().get(add.inputs().getFirst().equals(value) ? 1 : 0);
    }
}
