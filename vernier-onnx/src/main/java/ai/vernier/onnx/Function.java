package ai.vernier.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A model-local function: a sub-graph that nodes call by `domain` and `name`.
///
/// @param attributes names of attributes that a caller must give
/// @param attributeDefaults attributes that a caller may leave out
public record Function(
        String domain,
        String name,
        String overload,
        List<String> inputs,
        List<String> outputs,
        List<String> attributes,
        Map<String, Attribute> attributeDefaults,
        List<Node> nodes,
        List<OperatorSet> operatorSets,
        List<Value> valueInfos,
        Details details) {
    public Function {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = List.copyOf(attributes);
        attributeDefaults = Collections.unmodifiableMap(new LinkedHashMap<>(attributeDefaults));
        nodes = List.copyOf(nodes);
        operatorSets = List.copyOf(operatorSets);
        valueInfos = List.copyOf(valueInfos);
    }
}
