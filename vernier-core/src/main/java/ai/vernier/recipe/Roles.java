package ai.vernier.recipe;

import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.Scheme;
import ai.vernier.target.Behaviour;
import ai.vernier.target.TensorProfile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which tensors are weights and biases of integer operators, and the grid each tensor would get alone.
final class Roles {
    private final GraphFacts facts;
    private final RuleBook rules;
    private final Chains chains;
    private final GridSpread spread;
    private final Map<String, List<Node>> weights = new LinkedHashMap<>();
    private final Map<String, Bias> biases = new LinkedHashMap<>();
    private final Map<String, String> biasRefusals = new HashMap<>();

    /// The bias of `node`'s accumulator, which sums products of `input` and `weight`.
    record Bias(Node node, String input, String weight) {}

    private Roles(GraphFacts facts, RuleBook rules, Chains chains, GridSpread spread) {
        this.facts = facts;
        this.rules = rules;
        this.chains = chains;
        this.spread = spread;
    }

    static Roles of(GraphFacts facts, RuleBook rules, Chains chains, GridSpread spread) {
        Roles roles = new Roles(facts, rules, chains, spread);
        facts.nodes().forEach(roles::findWeight);
        facts.nodes().forEach(roles::findBias);
        return roles;
    }

    boolean isWeight(String tensor) {
        return weights.containsKey(tensor);
    }

    Optional<Bias> bias(String tensor) {
        return Optional.ofNullable(biases.get(tensor));
    }

    /// Why a tensor that is read as a bias cannot be one of integers.
    Optional<String> biasRefusal(String tensor) {
        return Optional.ofNullable(biasRefusals.get(tensor));
    }

    /// The operators that use the weight `tensor` as their weight.
    List<Node> weightUsers(String tensor) {
        return weights.getOrDefault(tensor, List.of());
    }

    private void findWeight(Node node) {
        if (spread.isComputed(node) && facts.behaviour(node) instanceof Behaviour.WeightedSum sum) {
            node.input(sum.weight())
                    .filter(facts::isConstant)
                    .ifPresent(weight -> weights.computeIfAbsent(weight, _ -> new ArrayList<>())
                            .add(node));
        }
    }

    private void findBias(Node node) {
        if (!spread.isComputed(node) || !(facts.behaviour(node) instanceof Behaviour.WeightedSum sum)) {
            return;
        }
        Optional<String> name = sum.bias() == Behaviour.WeightedSum.NO_BIAS
                ? chains.of(node)
                        .filter(chain -> chain.biasAdd() && chain.startsWith(node))
                        .map(chain -> Chains.otherInput(
                                chain.nodes().get(1), node.outputs().getFirst()))
                : node.input(sum.bias());
        if (name.isEmpty()) {
            return;
        }
        Bias bias = new Bias(node, node.inputs().getFirst(), node.inputs().get(sum.weight()));
        biasObstacle(name.get(), bias)
                .ifPresentOrElse(reason -> biasRefusals.put(name.get(), reason), () -> biases.put(name.get(), bias));
    }

    private Optional<String> biasObstacle(String name, Bias bias) {
        Optional<TensorData> constant = facts.constant(name);
        String label = bias.node.label();
        if (spread.refusal(name).isPresent()) {
            return spread.refusal(name);
        }
        if (constant.isEmpty()) {
            return Optional.of("the bias of %s is computed, and only constants have an integer form".formatted(label));
        }
        boolean once = facts.uses().soleConsumer(name).isPresent()
                && bias.node.inputs().stream().filter(name::equals).count() <= 1;
        if (!once || weights.containsKey(name)) {
            return Optional.of("it is read several times, and a bias lies on the grid of one accumulator");
        }
        boolean perChannel = spec(bias.weight).granularity() instanceof Granularity.PerChannel;
        long channels = channels(bias.weight);
        if (perChannel && (constant.get().rank() != 1 || constant.get().dim(0) != channels)) {
            return Optional.of("the bias of %s has shape %s, expected one value for each of %d channels"
                    .formatted(label, constant.get(), channels));
        }
        return Optional.empty();
    }

    private long channels(String weight) {
        return spec(weight).granularity() instanceof Granularity.PerChannel(int axis)
                ? facts.constant(weight).orElseThrow().dim(axis)
                : 1;
    }

    /// What the recipe says of `tensor`.
    RuleBook.Verdict verdict(String tensor) {
        return rules.verdict(tensor, isWeight(tensor) ? weightUsers(tensor) : producers(tensor));
    }

    /// The nodes that made the values of `tensor`: its producer, and what is fused before it.
    private List<Node> producers(String tensor) {
        Optional<Node> producer = facts.uses().producer(tensor);
        Optional<Chains.Chain> chain = producer.flatMap(chains::of)
                .filter(found -> found.endsWith(producer.get()) && spread.isComputed(found.head()));
        return chain.map(Chains.Chain::nodes).orElseGet(() -> producer.stream().toList());
    }

    /// The grid that `tensor` gets where it follows no other.
    QuantSpec spec(String tensor) {
        Precision precision = verdict(tensor).precision();
        if (isWeight(tensor)) {
            TensorProfile profile = facts.target().weights();
            return new QuantSpec(
                    profile.format(precision.weightBits()), weightGranularity(tensor, precision), profile.scheme());
        }
        TensorProfile profile = facts.target().activations();
        Scheme scheme = precision.symmetric() ? Scheme.SYMMETRIC : profile.scheme();
        return QuantSpec.perTensor(profile.format(precision.activationBits()), scheme);
    }

    /// Per channel where the recipe wants it and all users count channels along the same axis.
    private Granularity weightGranularity(String weight, Precision precision) {
        List<Node> users = weightUsers(weight);
        List<Granularity> wanted =
                users.stream().map(node -> granularity(node, weight)).distinct().toList();
        boolean onlyWeight = facts.uses().consumers(weight).size() == users.size();
        return precision.per() == Per.CHANNEL && wanted.size() == 1 && onlyWeight
                ? wanted.getFirst()
                : new Granularity.PerTensor();
    }

    private Granularity granularity(Node node, String weight) {
        int rank = facts.constant(weight).orElseThrow().rank();
        boolean dataToo = node.inputs().getFirst().equals(weight);
        return facts.behaviour(node) instanceof Behaviour.WeightedSum sum
                        && sum.channels() instanceof Behaviour.Channels.Axis(int axis)
                        && rank >= 2
                        && !dataToo
                ? new Granularity.PerChannel(axis < 0 ? axis + rank : axis)
                : new Granularity.PerTensor();
    }
}
