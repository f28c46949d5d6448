package ai.vernier.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One application of an operator. An empty input or output name means that the optional value is absent.
///
/// @param name may be empty and need not be unique
/// @param domain empty for `ai.onnx`
/// @param overload which overload of a model-local function, usually empty
public record Node(
        String name,
        String opType,
        String domain,
        String overload,
        List<String> inputs,
        List<String> outputs,
        Map<String, Attribute> attributes,
        Details details) {
    public Node {
        domain = domain.equals("ai.onnx") ? "" : domain;
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }

    /// A node of the `ai.onnx` domain without attributes.
    public static Node of(String name, String opType, List<String> inputs, List<String> outputs) {
        return new Node(name, opType, "", "", inputs, outputs, Map.of(), Details.NONE);
    }

    /// The operator's identity: `Conv`, or `com.microsoft.Gelu` outside the default domain.
    public String qualifiedType() {
        return domain.isEmpty() ? opType : domain + "." + opType;
    }

    /// Input `index`, or empty where it is absent or beyond the list.
    public Optional<String> input(int index) {
        return index < inputs.size() && !inputs.get(index).isEmpty()
                ? Optional.of(inputs.get(index))
                : Optional.empty();
    }

    /// A name for messages: `Conv 'layer1.0'`, or by its first output where the node has no name.
    public String label() {
        String id = name.isEmpty() && !outputs.isEmpty() ? outputs.getFirst() : name;
        return qualifiedType() + " '" + id + "'";
    }

    public Node withName(String changed) {
        return new Node(changed, opType, domain, overload, inputs, outputs, attributes, details);
    }

    public Node withAttribute(String key, Attribute value) {
        Map<String, Attribute> changed = new LinkedHashMap<>(attributes);
        changed.put(key, value);
        return withAttributes(changed);
    }

    public Node withAttributes(Map<String, Attribute> changed) {
        return new Node(name, opType, domain, overload, inputs, outputs, changed, details);
    }

    public Node withInputs(List<String> changed) {
        return new Node(name, opType, domain, overload, changed, outputs, attributes, details);
    }

    public Node withOutputs(List<String> changed) {
        return new Node(name, opType, domain, overload, inputs, changed, attributes, details);
    }

    /// The integer attribute, or `otherwise` where it is absent.
    ///
    /// @throws InvalidInputException where the attribute has another type
    public long intAttribute(String key, long otherwise) {
        return switch (attributes.get(key)) {
            case null -> otherwise;
            case Attribute.IntValue(long value) -> value;
            case Attribute other -> throw wrongType(key, "an integer", other);
        };
    }

    /// The float attribute, or `otherwise` where it is absent.
    ///
    /// @throws InvalidInputException where the attribute has another type
    public float floatAttribute(String key, float otherwise) {
        return switch (attributes.get(key)) {
            case null -> otherwise;
            case Attribute.FloatValue(float value) -> value;
            case Attribute other -> throw wrongType(key, "a float", other);
        };
    }

    /// The string attribute, or `otherwise` where it is absent.
    ///
    /// @throws InvalidInputException where the attribute has another type
    public String stringAttribute(String key, String otherwise) {
        return switch (attributes.get(key)) {
            case null -> otherwise;
            case Attribute.StringValue(Bytes value) -> value.text();
            case Attribute other -> throw wrongType(key, "a string", other);
        };
    }

    /// The integer list attribute, or empty where it is absent.
    ///
    /// @throws InvalidInputException where the attribute has another type
    public Optional<long[]> intsAttribute(String key) {
        return switch (attributes.get(key)) {
            case null -> Optional.empty();
            case Attribute.IntsValue(List<Long> values) ->
                Optional.of(values.stream().mapToLong(Long::longValue).toArray());
            case Attribute other -> throw wrongType(key, "a list of integers", other);
        };
    }

    private InvalidInputException wrongType(String key, String expected, Attribute found) {
        return new InvalidInputException("%s: attribute '%s' is a %s, expected %s"
                .formatted(label(), key, found.getClass().getSimpleName(), expected));
    }
}
