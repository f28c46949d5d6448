package ai.vernier.engine.op;

import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A node as operators see it: its attributes under the model's opset, and which of its inputs are constant.
public final class NodeView {
    private static final long[] NONE = {};

    private final Node node;
    private final long opset;
    private final Function<String, Optional<TensorData>> constants;
    private final Function<String, Optional<DataType>> types;
    private final @Nullable XnnRuntime xnnpack;
    private final Map<String, long[]> integerLists = new HashMap<>();

    /// @param constants what is known of values at compile time
    /// @param types element types, as far as they are known
    public NodeView(
            Node node,
            long opset,
            Function<String, Optional<TensorData>> constants,
            Function<String, Optional<DataType>> types) {
        this(node, opset, constants, types, null);
    }

    private NodeView(
            Node node,
            long opset,
            Function<String, Optional<TensorData>> constants,
            Function<String, Optional<DataType>> types,
            @Nullable XnnRuntime xnnpack) {
        this.types = types;
        this.node = node;
        this.xnnpack = xnnpack;
        this.opset = opset;
        this.constants = constants;
        node.attributes().keySet().forEach(key -> {
            if (node.attributes().get(key) instanceof Attribute.IntsValue(List<Long> values)) {
                integerLists.put(key, values.stream().mapToLong(Long::longValue).toArray());
            }
        });
    }

    /// The same node, its inputs not known before they are computed.
    NodeView withoutConstants() {
        return new NodeView(node, opset, _ -> Optional.empty(), types, xnnpack);
    }

    /// Another node in the same graph, input `name` of which is `constant`.
    NodeView replaced(Node other, String name, TensorData constant) {
        return new NodeView(
                other,
                opset,
                asked -> asked.equals(name) ? Optional.of(constant) : constants.apply(asked),
                types,
                xnnpack);
    }

    /// The same node, with something for XNNPACK's operators to run on.
    public NodeView on(XnnRuntime runtime) {
        return new NodeView(node, opset, constants, types, runtime);
    }

    public Node node() {
        return node;
    }

    /// The version of the node's domain.
    public long opset() {
        return opset;
    }

    /// What XNNPACK's operators run on, where XNNPACK is there.
    public Optional<XnnRuntime> xnnpack() {
        return XnnRuntime.available() ? Optional.ofNullable(xnnpack) : Optional.empty();
    }

    public int outputs() {
        return node.outputs().size();
    }

    /// Whether output `index` is asked for.
    public boolean wantsOutput(int index) {
        return index < node.outputs().size() && !node.outputs().get(index).isEmpty();
    }

    public boolean has(String attribute) {
        return node.attributes().containsKey(attribute);
    }

    /// The float attribute, or `otherwise`, rounded to float as the schema's defaults are, where it is absent.
    public double real(String attribute, double otherwise) {
        return node.floatAttribute(attribute, (float) otherwise);
    }

    public long integer(String attribute, long otherwise) {
        return node.intAttribute(attribute, otherwise);
    }

    public boolean flag(String attribute, boolean otherwise) {
        return node.intAttribute(attribute, otherwise ? 1 : 0) != 0;
    }

    public String text(String attribute, String otherwise) {
        return node.stringAttribute(attribute, otherwise);
    }

    /// The integer list attribute, not copied; empty where it is absent.
    public long[] integers(String attribute) {
        return integerLists.getOrDefault(attribute, NONE);
    }

    /// The integer list attribute, or `otherwise` where it is absent.
    public long[] integers(String attribute, long[] otherwise) {
        return integerLists.getOrDefault(attribute, otherwise);
    }

    /// The float list attribute; empty where it is absent.
    public double[] reals(String attribute) {
        return node.attributes().get(attribute) instanceof Attribute.FloatsValue(List<Float> values)
                ? values.stream().mapToDouble(Float::doubleValue).toArray()
                : new double[0];
    }

    public Optional<TensorData> tensor(String attribute) {
        return node.attributes().get(attribute) instanceof Attribute.TensorValue(TensorData value)
                ? Optional.of(value)
                : Optional.empty();
    }

    /// The sub-graph attribute.
    ///
    /// @throws UnsupportedModelException where it is absent
    public Graph graph(String attribute) {
        @Nullable Attribute value = node.attributes().get(attribute);
        if (value instanceof Attribute.GraphValue(Graph graph)) {
            return graph;
        }
        throw unsupported("without the sub-graph '" + attribute + "'");
    }

    /// Input `index` where it is constant.
    public Optional<TensorData> constant(int index) {
        return node.input(index).flatMap(constants);
    }

    /// The element type of input `index`, as far as it is known. LibTorch's type may be a wider one that carries it.
    public Optional<DataType> inputType(int index) {
        return node.input(index).flatMap(types);
    }

    /// The element type of `value`, as far as it is known.
    public Optional<DataType> type(String value) {
        return types.apply(value);
    }

    /// The element type of output `index`, as far as it is known.
    public Optional<DataType> outputType(int index) {
        return wantsOutput(index) ? types.apply(node.outputs().get(index)) : Optional.empty();
    }

    /// The integer list that older opsets state as attribute and newer ones as input `index`; empty where neither is
    /// there.
    public Optional<long[]> list(String attribute, int index, InputFacts in) {
        if (has(attribute)) {
            return Optional.of(integers(attribute));
        }
        return in.has(index) ? Optional.of(in.longs(index)) : Optional.empty();
    }

    /// The complaint that this node uses its operator in a way that the engine lacks.
    public UnsupportedModelException unsupported(String how) {
        return new UnsupportedModelException(
                "%s (opset %d) %s is not supported by the engine".formatted(node.label(), opset, how));
    }
}
