package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.io.OnnxProto.AttributeProto.AttributeType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// [Model] → ONNX text.
final class TextPrinter {
    private static final String STEP = "  ";

    private final int elements;

    /// @param elements of each tensor, at most
    TextPrinter(int elements) {
        this.elements = elements;
    }

    String model(Model model) {
        List<String> header = new ArrayList<>();
        header.add("ir_version: " + model.irVersion());
        header.add("opset_import: " + operatorSets(model.operatorSets()));
        addText(header, "producer_name", model.producer().name());
        addText(header, "producer_version", model.producer().version());
        addText(header, "domain", model.producer().domain());
        if (model.producer().modelVersion() != 0) {
            header.add("model_version: " + model.producer().modelVersion());
        }
        addText(header, "doc_string", model.details().docString());
        addMetadata(header, model.details().metadata());
        StringBuilder text = new StringBuilder(block(header, "")).append(graph(model.graph()));
        model.functions().forEach(function -> text.append('\n').append(function(function)));
        return text.toString();
    }

    String graph(Graph graph) {
        return graph(graph, "") + "\n";
    }

    private String graph(Graph graph, String indent) {
        List<String> values = new ArrayList<>();
        graph.valueInfos().forEach(value -> values.add(value(value)));
        graph.initializers()
                .forEach((name, tensor) -> values.add("%s %s = %s"
                        .formatted(tensorType(tensor), OnnxText.name(name), TensorText.print(tensor, elements))));
        return "%s (%s) => (%s)\n%s%s"
                .formatted(
                        OnnxText.name(graph.name()),
                        values(graph.inputs()),
                        values(graph.outputs()),
                        values.isEmpty() ? "" : indent + block(values, indent),
                        nodes(graph.nodes(), indent));
    }

    private String function(Function function) {
        List<String> header = new ArrayList<>();
        header.add("opset_import: " + operatorSets(function.operatorSets()));
        addText(header, "domain", function.domain());
        addText(header, "overload", function.overload());
        addText(header, "doc_string", function.details().docString());
        addMetadata(header, function.details().metadata());
        String attributes = Stream.concat(
                        function.attributes().stream().map(OnnxText::name),
                        function.attributeDefaults().entrySet().stream()
                                .map(entry -> attribute(entry.getKey(), entry.getValue(), "")))
                .collect(Collectors.joining(", "));
        List<String> values = function.valueInfos().stream().map(this::value).toList();
        return "%s%s%s (%s) => (%s)\n%s%s\n"
                .formatted(
                        block(header, ""),
                        OnnxText.name(function.name()),
                        attributes.isEmpty() ? "" : " <" + attributes + ">",
                        names(function.inputs()),
                        names(function.outputs()),
                        values.isEmpty() ? "" : block(values, ""),
                        nodes(function.nodes(), ""));
    }

    private static String block(List<String> lines, String indent) {
        return lines.stream()
                .map(line -> indent + STEP + line)
                .collect(Collectors.joining(",\n", "<\n", "\n" + indent + ">\n"));
    }

    private String nodes(List<Node> nodes, String indent) {
        return nodes.stream()
                .map(node -> indent + STEP + node(node, indent + STEP) + "\n")
                .collect(Collectors.joining("", indent + "{\n", indent + "}"));
    }

    private String node(Node node, String indent) {
        String label = node.name().isEmpty() ? "" : "[" + OnnxText.name(node.name()) + "] ";
        String outputs = node.outputs().isEmpty() ? "" : names(node.outputs()) + " ";
        String attributes = node.attributes().entrySet().stream()
                .map(entry -> attribute(entry.getKey(), entry.getValue(), indent))
                .collect(Collectors.joining(", ", "<", "> "));
        return "%s%s= %s %s(%s)"
                .formatted(
                        label,
                        outputs,
                        operator(node),
                        node.attributes().isEmpty() ? "" : attributes,
                        names(node.inputs()));
    }

    private static String operator(Node node) {
        String domain = node.domain().isEmpty()
                ? ""
                : Stream.of(node.domain().split("\\.", -1))
                                .map(TextPrinter::word)
                                .collect(Collectors.joining("."))
                        + ".";
        String overload = node.overload().isEmpty() ? "" : ":" + word(node.overload());
        return domain + word(node.opType()) + overload;
    }

    /// An identifier, or quoted; operators may be called like a type.
    private static String word(String text) {
        return TextScanner.isIdentifier(text) ? text : TensorText.quote(Bytes.utf8(text));
    }

    // ---- attributes

    private String attribute(String key, Attribute attribute, String indent) {
        return word(key)
                + switch (attribute) {
                    case Attribute.FloatValue(float value) -> floating(value);
                    case Attribute.IntValue(long value) -> " = " + value;
                    case Attribute.StringValue(Bytes value) -> " = " + TensorText.quote(value);
                    case Attribute.TensorValue(TensorData value) -> " = " + tensor(value);
                    case Attribute.GraphValue(Graph value) -> " = " + graph(value, indent);
                    case Attribute.FloatsValue(List<Float> values) -> floats(values);
                    case Attribute.IntsValue(List<Long> values) ->
                        list("ints", values.stream().map(String::valueOf).toList());
                    case Attribute.StringsValue(List<Bytes> values) ->
                        list("strings", values.stream().map(TensorText::quote).toList());
                    case Attribute.TensorsValue(List<TensorData> values) ->
                        list("tensors", values.stream().map(this::tensor).toList());
                    case Attribute.GraphsValue(List<Graph> values) ->
                        list(
                                "graphs",
                                values.stream()
                                        .map(value -> graph(value, indent))
                                        .toList());
                    case Attribute.Reference(String name, int typeNumber) ->
                        ": %s = @%s".formatted(typeName(typeNumber), word(name));
                    case Attribute.OpaqueValue(Bytes encoded) -> ": opaque = \"" + encoded + "\"";
                };
    }

    private static String floating(float value) {
        return " = " + TensorText.print(value);
    }

    private static String floats(List<Float> values) {
        return list("floats", values.stream().map(TensorText::print).toList());
    }

    /// An empty list does not show its type.
    private static String list(String type, List<String> values) {
        return values.isEmpty() ? ": " + type + " = []" : " = [" + String.join(", ", values) + "]";
    }

    private static String typeName(int number) {
        AttributeType type = AttributeType.forNumber(number);
        return type == null ? Integer.toString(number) : type.name().toLowerCase(Locale.ROOT);
    }

    private String tensor(TensorData tensor) {
        return tensorType(tensor) + " " + TensorText.print(tensor, elements);
    }

    private static String tensorType(TensorData tensor) {
        DataType type = tensor.dataType();
        return TypeText.print(new ValueType.TensorType(type, Optional.of(Shape.of(tensor.dims()))));
    }

    // ---- names and headers

    private String values(List<Value> values) {
        return values.stream().map(this::value).collect(Collectors.joining(", "));
    }

    private String value(Value value) {
        boolean untyped = value.type() instanceof ValueType.OpaqueType(Bytes encoded) && encoded.length() == 0;
        return (untyped ? "" : TypeText.print(value.type()) + " ") + OnnxText.name(value.name());
    }

    private static String names(List<String> names) {
        return names.stream().map(OnnxText::name).collect(Collectors.joining(", "));
    }

    private static String operatorSets(List<OperatorSet> sets) {
        return sets.stream()
                .map(set -> TensorText.quote(Bytes.utf8(set.domain())) + " : " + set.version())
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static void addText(List<String> header, String key, String text) {
        if (!text.isEmpty()) {
            header.add(key + ": " + TensorText.quote(Bytes.utf8(text)));
        }
    }

    private static void addMetadata(List<String> header, Map<String, String> metadata) {
        if (!metadata.isEmpty()) {
            header.add(metadata.entrySet().stream()
                    .map(entry -> TensorText.quote(Bytes.utf8(entry.getKey()))
                            + " : "
                            + TensorText.quote(Bytes.utf8(entry.getValue())))
                    .collect(Collectors.joining(", ", "metadata_props: [", "]")));
        }
    }
}
