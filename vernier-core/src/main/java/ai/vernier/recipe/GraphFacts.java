package ai.vernier.recipe;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UseLists;
import ai.vernier.target.Behaviour;
import ai.vernier.target.Target;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What resolving a plan needs to know of a graph: uses, element types, and what the target does with each node.
final class GraphFacts {
    private final Graph graph;
    private final UseLists uses;
    private final ElementTypes types;
    private final Target target;
    private final Set<String> inputs = new HashSet<>();
    private final IdentityHashMap<Node, Behaviour> behaviours = new IdentityHashMap<>();

    GraphFacts(Graph graph, Target target) {
        this.graph = graph;
        this.target = target;
        this.uses = graph.uses();
        this.types = ElementTypes.of(graph);
        graph.requiredInputs().forEach(input -> inputs.add(input.name()));
        graph.nodes().forEach(node -> behaviours.put(node, target.behaviour(node, graph)));
    }

    Graph graph() {
        return graph;
    }

    Target target() {
        return target;
    }

    UseLists uses() {
        return uses;
    }

    List<Node> nodes() {
        return graph.nodes();
    }

    Behaviour behaviour(Node node) {
        Behaviour behaviour = behaviours.get(node);
        if (behaviour == null) {
            throw new IllegalArgumentException(node.label() + " is not in this graph");
        }
        return behaviour;
    }

    boolean isInput(String value) {
        return inputs.contains(value);
    }

    boolean isConstant(String value) {
        return graph.initializers().containsKey(value);
    }

    Optional<TensorData> constant(String value) {
        return Optional.ofNullable(graph.initializers().get(value));
    }

    boolean isFloat32(String value) {
        return types.isFloat32(value);
    }

    Optional<DataType> type(String value) {
        return types.of(value);
    }

    /// The inputs of `node` that take part in its integer computation, in order, each once.
    List<String> dataInputs(Node node) {
        return switch (behaviour(node)) {
            case Behaviour.WeightedSum sum -> select(node, List.of(0, sum.weight()));
            case Behaviour.Computed computed when !computed.inputs().isEmpty() -> select(node, computed.inputs());
            case Behaviour.FixedRange _, Behaviour.MovesData _ -> select(node, List.of(0));
            case Behaviour.StaysFloat _ -> List.of();
            case Behaviour.Computed _, Behaviour.SharesGrid _ ->
                node.inputs().stream()
                        .filter(name -> !name.isEmpty())
                        .distinct()
                        .toList();
        };
    }

    private static List<String> select(Node node, List<Integer> indices) {
        return indices.stream()
                .flatMap(index -> node.input(index).stream())
                .distinct()
                .toList();
    }

    /// The outputs of `node` that hold float32.
    List<String> floatOutputs(Node node) {
        return node.outputs().stream().filter(this::isFloat32).toList();
    }
}
