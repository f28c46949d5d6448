package ai.vernier.bench.opsets;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The model that ONNX Runtime judges by: the node between casts. Its inputs and outputs have types that cross the Java
/// border, the node computes in types that have a kernel:
///
///     border → own type → computing type → node → computing type → own type → border
final class JudgeModel {
    private final UnaryOperator<DataType> computing;
    private final List<Node> before = new ArrayList<>();
    private final List<Node> after = new ArrayList<>();
    private final Map<String, String> renamed = new LinkedHashMap<>();

    private JudgeModel(UnaryOperator<DataType> computing) {
        this.computing = computing;
    }

    /// @param types of the outputs
    static Model of(Sketch sketch, Map<String, DataType> types) {
        return of(sketch, types, UnaryOperator.identity());
    }

    /// @param computing in what a type is computed
    static Model of(Sketch sketch, Map<String, DataType> types, UnaryOperator<DataType> computing) {
        Model model = sketch.model(types);
        return model.withGraph(new JudgeModel(computing).around(model.graph()));
    }

    private Graph around(Graph graph) {
        List<Value> inputs = new ArrayList<>();
        for (Value input : graph.inputs()) {
            DataType own = input.elementType().orElseThrow();
            inputs.add(
                    Value.tensor(input.name(), Crossing.as(own), input.shape().orElseThrow()));
            toComputing(input.name(), Crossing.as(own), own);
        }
        graph.initializers().forEach((name, value) -> toComputing(name, value.dataType(), value.dataType()));
        List<Value> outputs = new ArrayList<>();
        for (Value output : graph.outputs()) {
            DataType own = output.elementType().orElse(DataType.FLOAT);
            DataType border = Crossing.as(own);
            outputs.add(new Value(output.name(), new ValueType.TensorType(border, Optional.empty()), Details.NONE));
            fromComputing(output.name(), own, border);
        }
        Node node = graph.nodes().getFirst();
        List<Node> nodes = new ArrayList<>(before);
        nodes.add(node.withInputs(node.inputs().stream().map(this::inner).toList())
                .withOutputs(node.outputs().stream().map(this::inner).toList()));
        nodes.addAll(after);
        return graph.withNodes(nodes).withInterface(inputs, outputs);
    }

    private String inner(String name) {
        return renamed.getOrDefault(name, name);
    }

    private void toComputing(String name, DataType border, DataType own) {
        String last = name;
        if (border != own) {
            last = name + "_own";
            before.add(cast(name, last, own));
        }
        if (computing.apply(own) != own) {
            before.add(cast(last, name + "_inner", computing.apply(own)));
            last = name + "_inner";
        }
        renamed.put(name, last);
    }

    private void fromComputing(String name, DataType own, DataType border) {
        String last = name;
        if (border != own) {
            last = name + "_own";
            after.add(cast(last, name, border));
        }
        if (computing.apply(own) != own) {
            after.addFirst(cast(name + "_inner", last, own));
            last = name + "_inner";
        }
        renamed.put(name, last);
    }

    private static Node cast(String from, String to, DataType type) {
        return Node.of("", "Cast", List.of(from), List.of(to)).withAttribute("to", Attribute.of((long) type.number()));
    }
}
