package ai.vernier.onnx;

import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The element type of every value of one graph: as the file states it, else as the operators propagate it. Sub-graphs
/// are looked into only for the types of what they hand out.
public final class ElementTypes {
    private final @Nullable ElementTypes outer;
    private final Map<String, DataType> types = new HashMap<>();
    /// Values of the graph itself, which hide those of the graphs around.
    private final Set<String> own = new HashSet<>();
    /// What is known of sub-graphs: each is looked into once, however many outputs at however many levels ask.
    private final Map<Graph, ElementTypes> inner = Collections.synchronizedMap(new IdentityHashMap<>());

    private ElementTypes(Graph graph, @Nullable ElementTypes outer) {
        this.outer = outer;
        own.addAll(graph.initializers().keySet());
        graph.inputs().forEach(input -> own.add(input.name()));
        graph.nodes().forEach(node -> own.addAll(node.outputs()));
        graph.valueInfos().forEach(this::state);
        graph.outputs().forEach(this::state);
        graph.inputs().forEach(this::state);
        // Last, whatever the file declares of them: that they are listed as inputs too makes no other tensors of them.
        graph.initializers().forEach((name, tensor) -> types.put(name, tensor.dataType()));
        graph.nodes().forEach(this::propagate);
    }

    public static ElementTypes of(Graph graph) {
        return new ElementTypes(graph, null);
    }

    /// The element types of `graph`, a sub-graph that sees the values of this one.
    public ElementTypes inside(Graph graph) {
        return inner.computeIfAbsent(graph, found -> new ElementTypes(found, this));
    }

    /// The element type of `value`; empty where neither file nor operators tell.
    public Optional<DataType> of(String value) {
        DataType found = types.get(value);
        return found != null || outer == null || own.contains(value) ? Optional.ofNullable(found) : outer.of(value);
    }

    /// Whether `value` is known to hold float32.
    public boolean isFloat32(String value) {
        return of(value).filter(type -> type == DataType.FLOAT).isPresent();
    }

    private void state(Value value) {
        value.elementType().ifPresent(type -> types.put(value.name(), type));
    }

    private void propagate(Node node) {
        for (int i = 0; i < node.outputs().size(); i++) {
            String output = node.outputs().get(i);
            if (!output.isEmpty() && !types.containsKey(output)) {
                outputType(node, i).ifPresent(type -> types.put(output, type));
            }
        }
    }

    private Optional<DataType> outputType(Node node, int index) {
        if (!node.domain().isEmpty()) {
            return Optional.empty();
        }
        return switch (node.opType()) {
            case "Shape", "Size", "ArgMax", "ArgMin", "NonZero", "NonMaxSuppression" -> Optional.of(DataType.INT64);
            case "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not" ->
                Optional.of(DataType.BOOL);
            case "IsNaN", "IsInf" -> Optional.of(DataType.BOOL);
            case "Cast", "BitCast" -> numbered(node, "to").or(() -> Optional.of(DataType.FLOAT));
            case "RandomNormal", "RandomUniform" -> numbered(node, "dtype").or(() -> Optional.of(DataType.FLOAT));
            case "RandomNormalLike", "RandomUniformLike", "EyeLike", "Bernoulli" ->
                numbered(node, "dtype").or(() -> input(node, 0));
            case "Multinomial" -> numbered(node, "dtype").or(() -> Optional.of(DataType.INT32));
            case "HannWindow", "HammingWindow", "BlackmanWindow", "MelWeightMatrix" ->
                numbered(node, "output_datatype").or(() -> Optional.of(DataType.FLOAT));
            case "Constant" -> constantType(node);
            case "ConstantOfShape" -> Optional.of(tensorType(node, DataType.FLOAT));
            case "TfIdfVectorizer" -> Optional.of(DataType.FLOAT);
            case "TopK", "MaxPool", "Unique" -> index == 0 ? input(node, 0) : Optional.of(DataType.INT64);
            case "Dropout" -> index == 0 ? input(node, 0) : Optional.of(DataType.BOOL);
            case "Where", "CastLike" -> input(node, 1);
            case "OneHot" -> input(node, 2);
            case "QuantizeLinear" ->
                numbered(node, "output_dtype").or(() -> input(node, 2)).or(() -> Optional.of(DataType.UINT8));
            case "DequantizeLinear" -> numbered(node, "output_dtype").or(() -> input(node, 1));
            case "DynamicQuantizeLinear" -> Optional.of(index == 1 ? DataType.FLOAT : DataType.UINT8);
            case "MatMulInteger", "ConvInteger" -> Optional.of(DataType.INT32);
            case "QLinearConv", "QLinearMatMul" -> input(node, 7);
            case "If" -> innerType(node, "then_branch", index);
            case "Loop" -> innerType(node, "body", index + 1);
            case "Scan" -> innerType(node, "body", index);
            case "SequenceAt", "SequenceConstruct", "Optional", "OptionalGetElement" -> Optional.empty();
            default -> input(node, 0);
        };
    }

    private Optional<DataType> input(Node node, int index) {
        return node.input(index).flatMap(this::of);
    }

    /// The type whose number an attribute holds; empty where it is absent or undefined.
    private static Optional<DataType> numbered(Node node, String attribute) {
        return DataType.ofNumber((int) node.intAttribute(attribute, 0));
    }

    private static DataType tensorType(Node node, DataType otherwise) {
        return node.attributes().get("value") instanceof Attribute.TensorValue(TensorData tensor)
                ? tensor.dataType()
                : otherwise;
    }

    private static Optional<DataType> constantType(Node node) {
        return node.attributes().values().stream()
                .map(value -> switch (value) {
                    case Attribute.TensorValue(TensorData tensor) -> Optional.of(tensor.dataType());
                    case Attribute.FloatValue _, Attribute.FloatsValue _ -> Optional.of(DataType.FLOAT);
                    case Attribute.IntValue _, Attribute.IntsValue _ -> Optional.of(DataType.INT64);
                    case Attribute.StringValue _, Attribute.StringsValue _ -> Optional.of(DataType.STRING);
                    default -> Optional.<DataType>empty();
                })
                .flatMap(Optional::stream)
                .findFirst();
    }

    /// Control flow hands out what its sub-graphs compute; the branches of an `If` agree in type.
    private Optional<DataType> innerType(Node node, String attribute, int index) {
        return node.attributes().get(attribute) instanceof Attribute.GraphValue(Graph inner)
                        && index < inner.outputs().size()
                ? inside(inner).of(inner.outputs().get(index).name())
                : Optional.empty();
    }
}
