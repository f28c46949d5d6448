package ai.vernier.simulate;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.rewrite.CapturedNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Two models of the same inputs as one graph whose nodes alternate, so that both forms of a value are computed one
/// after the other and neither run has to keep its values for the other:
///
/// ```
/// x → Conv → y → Relu → z     becomes    Identity(x) → x′;  Conv(x) → y;  Conv(x′) → y′;  Relu(y) → z;  Relu(y′) → z′
/// ```
final class TwinGraph {
    private static final String MARK = "′";

    private final Graph reference;
    private final Graph other;
    private final Map<String, String> renamed = new LinkedHashMap<>();
    private final Map<String, TensorData> initializers = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    private TwinGraph(Graph reference, Graph other) {
        this.reference = reference;
        this.other = other;
    }

    /// The twin of `name` in the other model.
    static String twin(String name) {
        return name + MARK;
    }

    /// The name whose twin `name` is, or `name` itself.
    static String original(String name) {
        return name.endsWith(MARK) ? name.substring(0, name.length() - MARK.length()) : name;
    }

    static boolean isTwin(String name) {
        return name.endsWith(MARK);
    }

    /// Both models in one, with the outputs of both; `other` has the inputs of `reference`.
    static Model of(Model reference, Model other) {
        return reference.withGraph(new TwinGraph(reference.graph(), other.graph()).build());
    }

    private Graph build() {
        reference.requiredInputs().stream().map(Value::name).forEach(this::addInput);
        initializers.putAll(reference.initializers());
        other.initializers().forEach((name, value) -> {
            renamed.put(name, twin(name));
            initializers.put(twin(name), value);
        });
        other.nodes()
                .forEach(node -> node.outputs().stream()
                        .filter(output -> !output.isEmpty())
                        .forEach(output -> renamed.put(output, twin(output))));
        interleave();
        List<Value> outputs = new ArrayList<>(reference.outputs());
        other.outputs()
                .forEach(output -> outputs.add(new Value(
                        renamed.getOrDefault(output.name(), output.name()), output.type(), output.details())));
        return new Graph(
                reference.name(),
                reference.requiredInputs(),
                outputs,
                nodes,
                initializers,
                reference.valueInfos(),
                reference.details());
    }

    private void addInput(String input) {
        renamed.put(input, twin(input));
        nodes.add(Node.of("", "Identity", List.of(input), List.of(twin(input))));
    }

    /// Each node of the other model directly behind the one that computes the same value in the reference.
    private void interleave() {
        int next = 0;
        for (Node node : reference.nodes()) {
            nodes.add(node);
            int twin = indexOf(node.outputs(), next);
            for (; next <= twin; next++) {
                nodes.add(renamed(other.nodes().get(next)));
            }
        }
        for (; next < other.nodes().size(); next++) {
            nodes.add(renamed(other.nodes().get(next)));
        }
    }

    private int indexOf(List<String> outputs, int from) {
        for (int i = from; i < other.nodes().size(); i++) {
            if (other.nodes().get(i).outputs().equals(outputs)) {
                return i;
            }
        }
        return from - 1;
    }

    private Node renamed(Node node) {
        Node reading = CapturedNames.rename(node, renamed);
        return reading.withOutputs(node.outputs().stream()
                .map(output -> renamed.getOrDefault(output, output))
                .toList());
    }
}
