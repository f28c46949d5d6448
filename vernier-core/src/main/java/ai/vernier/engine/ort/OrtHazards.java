package ai.vernier.engine.ort;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is known to end the whole process inside ONNX Runtime, where no exception comes back.
///
/// No complete list: ONNX Runtime is native code that was not written for models of strangers.
public final class OrtHazards {
    /// Of these ONNX Runtime divides by the number of elements, or scales them by what stands behind the node.
    private static final List<String> WEIGHTED =
            List.of("Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "Gemm", "MatMul");

    private OrtHazards() {}

    /// Refuses what ONNX Runtime would not survive.
    ///
    /// @throws UnsupportedModelException where `model` holds such a node
    public static void check(Model model) {
        check(model.graph(), Map.of());
    }

    private static void check(Graph graph, Map<String, TensorData> outer) {
        Map<String, TensorData> constants = new HashMap<>(outer);
        constants.putAll(graph.initializers());
        for (Node node : graph.nodes()) {
            if (node.attributes().get("value") instanceof Attribute.TensorValue(TensorData value)) {
                node.outputs().forEach(output -> constants.put(output, value));
            }
            objection(node, constants).ifPresent(problem -> {
                throw new UnsupportedModelException(
                        "%s: %s, which ends ONNX Runtime's whole process".formatted(node.label(), problem));
            });
            node.attributes().values().forEach(attribute -> {
                if (attribute instanceof Attribute.GraphValue(Graph inner)) {
                    check(inner, constants);
                }
            });
        }
    }

    private static Optional<String> objection(Node node, Map<String, TensorData> constants) {
        if (node.domain().isEmpty() && WEIGHTED.contains(node.opType())) {
            return node.inputs().stream()
                    .filter(input ->
                            constants.containsKey(input) && constants.get(input).elementCount() == 0)
                    .map("its constant '%s' has no elements"::formatted)
                    .findFirst();
        }
        return Optional.empty();
    }
}
