package ai.vernier.bench.conformance;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Which cases are numeric inference, the thing that the engine is for.
final class Applicability {
    private static final String TRAINING = "ai.onnx.preview.training";

    /// Operators whose values are sequences even where the model's inputs and outputs are not.
    private static final Set<String> ON_SEQUENCES = Set.of(
            "SequenceConstruct",
            "SequenceEmpty",
            "SequenceInsert",
            "SequenceErase",
            "SequenceAt",
            "SequenceLength",
            "SequenceMap",
            "SplitToSequence",
            "ConcatFromSequence",
            "Optional",
            "OptionalGetElement",
            "OptionalHasElement");

    private Applicability() {}

    /// Why `model` is no numeric inference; empty where it is.
    static Optional<String> obstacle(Model model) {
        if (model.operatorSets().stream().map(OperatorSet::domain).anyMatch(TRAINING::equals)) {
            return Optional.of("training operator");
        }
        List<Value> values = Stream.concat(model.graph().inputs().stream(), model.graph().outputs().stream())
                .toList();
        if (values.stream().anyMatch(value -> value.type() instanceof ValueType.OpaqueType)
                || nodes(model.graph()).map(Node::qualifiedType).anyMatch(ON_SEQUENCES::contains)) {
            return Optional.of("sequences, maps or optional values");
        }
        if (values.stream().anyMatch(value -> value.elementType().equals(Optional.of(DataType.STRING)))) {
            return Optional.of("strings");
        }
        if (nodes(model.graph()).map(Node::qualifiedType).anyMatch("ImageDecoder"::equals)) {
            return Optional.of("image files as input");
        }
        return Optional.empty();
    }

    /// Every node of `graph` and of its sub-graphs.
    static Stream<Node> nodes(Graph graph) {
        return graph.nodes().stream().flatMap(node -> Stream.concat(Stream.of(node), inner(node)));
    }

    private static Stream<Node> inner(Node node) {
        return node.attributes().values().stream()
                .flatMap(attribute ->
                        attribute instanceof Attribute.GraphValue(Graph graph) ? nodes(graph) : Stream.empty());
    }
}
