package ai.vernier.passes;

import ai.vernier.engine.op.HostInputs;
import ai.vernier.engine.op.InputContract;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.OutputBounds;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Computes one node on constants, in ONNX Runtime.
final class SingleNode {
    /// From this version on, initializers need not be listed as inputs.
    private static final long INITIALIZERS_ALONE = 4;

    /// Work beyond this many multiply-accumulates, some tenths of a second, is not done here.
    private static final double MAX_WORK = 1L << 32;

    /// Integers of 8 bits become sums of 32.
    private static final int LEAST_WIDTH = 4;

    private final Model model;
    private final Node node;
    private final Map<String, TensorData> inputs;

    /// @param model whose operator sets the node is written against
    /// @param inputs every value that the node reads
    SingleNode(Model model, Node node, Map<String, TensorData> inputs) {
        this.model = model;
        this.node = node;
        this.inputs = inputs;
    }

    /// A bound of what the results will take, told before they are computed: infinite where the computation
    /// would take long, or the inputs do not go together; 0 where the results are about as large as the
    /// inputs.
    double predictedBytes() {
        NodeView view = new NodeView(
                node,
                model.opset(node.domain()),
                name -> Optional.ofNullable(inputs.get(name)),
                name -> Optional.ofNullable(inputs.get(name)).map(TensorData::dataType));
        HostInputs operands = new HostInputs(node, inputs);
        int width = inputs.values().stream()
                .mapToInt(tensor -> tensor.dataType().bits() / 8)
                .reduce(LEAST_WIDTH, Math::max);
        try {
            InputContract.of(view).ifPresent(contract -> contract.check(operands));
            return OutputBounds.find(view)
                    .map(bound -> bound.of(operands))
                    .map(size -> size.work() > MAX_WORK ? Double.POSITIVE_INFINITY : width * size.elements())
                    .orElse(0.0);
        } catch (RuntimeException _) {
            return Double.POSITIVE_INFINITY; // what does not fit here does not fit in the run, which tells it
        }
    }

    /// The outputs that the node has, by name; empty where ONNX Runtime or its Java border cannot.
    ///
    /// The constants are fed rather than stored in the one-node model: ONNX Runtime's shape inference reads
    /// stored ones without looking at their length, and ends the process where there is nothing to read.
    Optional<Map<String, TensorData>> evaluate() {
        Map<String, TensorData> fed = new LinkedHashMap<>();
        Map<String, TensorData> stored = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> (OrtModel.crosses(tensor.dataType()) ? fed : stored).put(name, tensor));
        List<Value> declared = fed.entrySet().stream()
                .map(each -> new Value(
                        each.getKey(),
                        new ValueType.TensorType(each.getValue().dataType(), Optional.empty()),
                        Details.NONE))
                .toList();
        List<Value> outputs = node.outputs().stream()
                .filter(output -> !output.isEmpty())
                .map(output -> new Value(output, new ValueType.OpaqueType(Bytes.EMPTY), Details.NONE))
                .toList();
        Graph graph = new Graph("constant", declared, outputs, List.of(node), stored, List.of(), Details.NONE);
        Model single = model.withGraph(graph).withIrVersion(Math.max(INITIALIZERS_ALONE, model.irVersion()));
        try (OrtModel runtime = OrtModel.open(OnnxWriter.toBytes(single), 1)) {
            return Optional.of(runtime.run(fed));
        } catch (UnsupportedModelException _) {
            return Optional.empty();
        }
    }
}
