package ai.vernier.passes;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What a BatchNormalization node does in inference, channel by channel:  `y = x · scale + shift`  with
/// `scale = γ / √(σ² + ε)` and `shift = β − μ · scale`.
final class BatchNormalization {
    private final double[] scale;
    private final double[] shift;

    private BatchNormalization(double[] scale, double[] shift) {
        this.scale = scale;
        this.shift = shift;
    }

    static boolean isOne(Node node) {
        return node.qualifiedType().equals("BatchNormalization");
    }

    /// Why `node` is no such map with known numbers; empty where it is, and [#of] may be called.
    static Optional<String> objection(Node node, GraphEditor graph) {
        if (node.intAttribute("training_mode", 0) != 0) {
            return Optional.of(node.label() + " is in training mode");
        }
        if (node.intAttribute("spatial", 1) == 0) {
            return Optional.of(node.label() + " normalizes every position by itself (spatial = 0)");
        }
        for (int i = 1; i < node.outputs().size(); i++) {
            String output = node.outputs().get(i);
            if (!graph.consumers(output).isEmpty() || graph.isGraphOutput(output)) {
                return Optional.of("%s: its statistics '%s' are read".formatted(node.label(), output));
            }
        }
        Set<Long> channels = new TreeSet<>();
        for (int i = 1; i <= 4; i++) {
            String name = node.inputs().get(i);
            Optional<TensorData> parameter = graph.constant(name);
            if (parameter.isEmpty() || parameter.get().dataType() != DataType.FLOAT) {
                return Optional.of("%s: parameter '%s' is not a float constant".formatted(node.label(), name));
            }
            channels.add(parameter.get().elementCount());
        }
        return channels.size() == 1
                ? Optional.empty()
                : Optional.of(
                        "%s: its parameters have %s elements, not all the same".formatted(node.label(), channels));
    }

    /// The numbers of a node to which [#objection] has none.
    static BatchNormalization of(Node node, GraphEditor graph) {
        TensorData gamma = graph.constant(node.inputs().get(1)).orElseThrow();
        TensorData beta = graph.constant(node.inputs().get(2)).orElseThrow();
        TensorData mean = graph.constant(node.inputs().get(3)).orElseThrow();
        TensorData variance = graph.constant(node.inputs().get(4)).orElseThrow();
        float epsilon = node.floatAttribute("epsilon", 1e-5f);
        double[] scale = new double[Math.toIntExact(gamma.elementCount())];
        double[] shift = new double[scale.length];
        for (int c = 0; c < scale.length; c++) {
            scale[c] = gamma.floatAt(c) / Math.sqrt((double) variance.floatAt(c) + epsilon);
            shift[c] = beta.floatAt(c) - mean.floatAt(c) * scale[c];
        }
        return new BatchNormalization(scale, shift);
    }

    int channels() {
        return scale.length;
    }

    double[] scale() {
        return scale.clone();
    }

    double[] shift() {
        return shift.clone();
    }
}
