package ai.vernier.bench.opsets;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.rewrite.OpsetUpgrade;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// One node of one opset with its inputs, in the making. Inputs are called x0, x1 …, outputs y0, y1 ….
final class Sketch {
    private static final double OFTEN = 0.6;
    private static final double SELDOM = 0.08;
    private static final double DOUBLE_TO_FLOAT = 2e4;

    final String type;
    final long opset;
    final Draw draw;
    private final String domain;
    private final Map<String, Attribute> attributes = new LinkedHashMap<>();
    private final List<String> names = new ArrayList<>();
    private final Map<String, TensorData> inputs = new LinkedHashMap<>();
    private final Set<String> constants = new HashSet<>();
    private final List<String> outputs = new ArrayList<>(List.of("y0"));
    private double slack = 1;
    private boolean inFloat;
    private boolean shapesOnly;
    private double steps;

    /// @param operator qualified by its domain where that is not the default one
    Sketch(String operator, long opset, Draw draw) {
        int dot = operator.lastIndexOf('.');
        this.type = operator.substring(dot + 1);
        this.domain = dot < 0 ? "" : operator.substring(0, dot);
        this.opset = opset;
        this.draw = draw;
    }

    boolean since(long version) {
        return opset >= version;
    }

    Sketch set(String name, long value) {
        attributes.put(name, Attribute.of(value));
        return this;
    }

    Sketch set(String name, double value) {
        attributes.put(name, Attribute.of((float) value));
        return this;
    }

    Sketch set(String name, String value) {
        attributes.put(name, Attribute.of(value));
        return this;
    }

    Sketch set(String name, Attribute value) {
        attributes.put(name, value);
        return this;
    }

    Sketch setInts(String name, long... values) {
        attributes.put(name, Attribute.ofInts(values));
        return this;
    }

    Sketch setFloats(String name, Float... values) {
        attributes.put(name, new Attribute.FloatsValue(List.of(values)));
        return this;
    }

    Sketch setStrings(String name, List<String> values) {
        attributes.put(
                name,
                new Attribute.StringsValue(values.stream().map(Bytes::utf8).toList()));
        return this;
    }

    /// Sets the attribute, or leaves it out half of the time where `value` is its default.
    Sketch flag(String name, boolean value, boolean standard) {
        return value == standard && draw.chance(0.5) ? this : set(name, value ? 1 : 0);
    }

    /// Data: seldom constant.
    Sketch in(TensorData value) {
        return input(value, SELDOM);
    }

    /// A weight, a shape, an axis: often constant.
    Sketch parameter(TensorData value) {
        return input(value, OFTEN);
    }

    private Sketch input(TensorData value, double constant) {
        String name = "x" + names.size();
        names.add(name);
        inputs.put(name, value);
        if (draw.chance(constant)) {
            constants.add(name);
        }
        return this;
    }

    Sketch absent() {
        names.add("");
        return this;
    }

    /// Asks for output `y{i}` where element i holds.
    Sketch outputs(boolean... asked) {
        outputs.clear();
        for (int i = 0; i < asked.length; i++) {
            outputs.add(asked[i] ? "y" + i : "");
        }
        while (outputs.getLast().isEmpty()) {
            outputs.removeLast();
        }
        return this;
    }

    /// Multiplies the tolerance, for long sums.
    Sketch slack(double factor) {
        slack = factor;
        return this;
    }

    /// Integer results may differ by so many steps: products of scales that fall on a tie.
    Sketch steps(double count) {
        steps = count;
        return this;
    }

    /// The values are random: only types and shapes count.
    Sketch shapesOnly() {
        shapesOnly = true;
        return this;
    }

    /// ONNX Runtime has no kernel for doubles; its answer is as good as float's.
    void judgedInFloat() {
        inFloat = true;
    }

    double slack(DataType result) {
        return result == DataType.DOUBLE && inFloat ? slack * DOUBLE_TO_FLOAT : slack;
    }

    double steps() {
        return steps;
    }

    boolean isShapesOnly() {
        return shapesOnly;
    }

    Node node() {
        return new Node("n", type, domain, "", names, outputs, attributes, Details.NONE);
    }

    /// The inputs that are no constants.
    Map<String, TensorData> fed() {
        Map<String, TensorData> fed = new LinkedHashMap<>(inputs);
        fed.keySet().removeAll(constants);
        return fed;
    }

    /// The type of input `index`; float where there is none.
    DataType typeOf(int index) {
        TensorData value = index < names.size() ? inputs.get(names.get(index)) : null;
        return value == null ? DataType.FLOAT : value.dataType();
    }

    /// The type of the first result of a node on tensors of type `own`: what an attribute says, Boolean for questions.
    DataType resultType(DataType own) {
        boolean asks = List.of("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "IsNaN", "IsInf", "Not")
                .contains(type);
        if (asks) {
            return DataType.BOOL;
        }
        int standard = type.startsWith("Random")
                ? DataType.FLOAT.number()
                : type.equals("Multinomial") ? DataType.INT32.number() : 0;
        long stated = node().intAttribute("dtype", standard);
        return DataType.ofNumber((int) stated)
                .orElse(type.equals("OneHot") ? typeOf(2) : type.equals("NonZero") ? DataType.INT64 : own);
    }

    /// Makes no input a constant.
    Sketch withoutConstants() {
        constants.clear();
        return this;
    }

    List<String> outputNames() {
        return outputs.stream().filter(name -> !name.isEmpty()).toList();
    }

    /// @param types of the outputs as far as they are known
    Model model(Map<String, DataType> types) {
        List<Value> required = fed().entrySet().stream()
                .map(entry -> value(entry.getKey(), entry.getValue()))
                .toList();
        List<Value> results = outputNames().stream()
                .map(name -> new Value(
                        name,
                        types.containsKey(name)
                                ? new ValueType.TensorType(types.get(name), Optional.empty())
                                : new ValueType.OpaqueType(Bytes.EMPTY),
                        Details.NONE))
                .toList();
        Map<String, TensorData> known = new LinkedHashMap<>(inputs);
        known.keySet().retainAll(constants);
        Graph graph = new Graph("g", required, results, List.of(node()), known, List.of(), Details.NONE);
        long irVersion = Math.max(4, OpsetUpgrade.irVersion(opset)); // constants that are no inputs
        Model model = Model.of(graph, opset).withIrVersion(irVersion);
        return domain.isEmpty() ? model : model.withOpset("", 17).withOpset(domain, 1);
    }

    private static Value value(String name, TensorData data) {
        return Value.tensor(name, data.dataType(), Shape.of(data.dims()));
    }

    /// For messages: the node with its attributes and the shapes of its inputs.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("%s-%d %s (".formatted(type, opset, text(attributes)));
        for (String name : names) {
            TensorData data = inputs.get(name);
            text.append(data == null ? "–" : data + (constants.contains(name) ? "!" : "") + small(data))
                    .append(' ');
        }
        return text.append(") => ").append(outputs).toString();
    }

    private static String small(TensorData data) {
        return data.dataType() == DataType.INT64 && data.elementCount() <= 8 ? Arrays.toString(data.toLongs()) : "";
    }

    private static String text(Map<String, Attribute> attributes) {
        Map<String, String> texts = new LinkedHashMap<>();
        attributes.forEach((name, value) -> texts.put(
                name,
                switch (value) {
                    case Attribute.IntValue(long number) -> Long.toString(number);
                    case Attribute.FloatValue(float number) -> Float.toString(number);
                    case Attribute.StringValue(Bytes bytes) -> bytes.text();
                    case Attribute.IntsValue(List<Long> list) -> list.toString();
                    case Attribute.FloatsValue(List<Float> list) -> list.toString();
                    case Attribute.StringsValue(List<Bytes> list) ->
                        list.stream().map(Bytes::text).toList().toString();
                    default -> value.getClass().getSimpleName();
                }));
        return texts.toString();
    }
}
