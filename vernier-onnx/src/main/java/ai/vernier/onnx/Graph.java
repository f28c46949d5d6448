package ai.vernier.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A computation graph: nodes in topological order over named values.
///
/// An initializer whose name is also an input is that input's default value.
///
/// @param initializers constant tensors by name, in file order
/// @param valueInfos types of intermediate values where the file states them
public record Graph(
        String name,
        List<Value> inputs,
        List<Value> outputs,
        List<Node> nodes,
        Map<String, TensorData> initializers,
        List<Value> valueInfos,
        Details details) {
    public Graph {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        nodes = List.copyOf(nodes);
        initializers = Collections.unmodifiableMap(new LinkedHashMap<>(initializers));
        valueInfos = List.copyOf(valueInfos);
    }

    /// The inputs that a caller has to feed: those without an initializer.
    public List<Value> requiredInputs() {
        return inputs.stream()
                .filter(input -> !initializers.containsKey(input.name()))
                .toList();
    }

    /// Producers and consumers of every value; built in one pass over the nodes.
    public UseLists uses() {
        return UseLists.of(this);
    }

    public Graph withNodes(List<Node> changed) {
        return new Graph(name, inputs, outputs, changed, initializers, valueInfos, details);
    }

    public Graph withInitializers(Map<String, TensorData> changed) {
        return new Graph(name, inputs, outputs, nodes, changed, valueInfos, details);
    }

    public Graph withInterface(List<Value> changedInputs, List<Value> changedOutputs) {
        return new Graph(name, changedInputs, changedOutputs, nodes, initializers, valueInfos, details);
    }

    public Graph withValueInfos(List<Value> changed) {
        return new Graph(name, inputs, outputs, nodes, initializers, changed, details);
    }
}
