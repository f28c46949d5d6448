package ai.vernier.passes;

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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Computes one node on constants, in ONNX Runtime.
final class SingleNode {
    /// From this version on, initializers need not be listed as inputs.
    private static final long INITIALIZERS_ALONE = 4;

    private SingleNode() {}

    /// The outputs that `node` has, by name; empty where ONNX Runtime or its Java border cannot.
    ///
    /// @param model whose operator sets the node is written against
    static Optional<Map<String, TensorData>> evaluate(Model model, Node node, Map<String, TensorData> inputs) {
        List<Value> outputs = node.outputs().stream()
                .filter(output -> !output.isEmpty())
                .map(output -> new Value(output, new ValueType.OpaqueType(Bytes.EMPTY), Details.NONE))
                .toList();
        Graph graph = new Graph("constant", List.of(), outputs, List.of(node), inputs, List.of(), Details.NONE);
        Model single = model.withGraph(graph).withIrVersion(Math.max(INITIALIZERS_ALONE, model.irVersion()));
        try (OrtModel runtime = OrtModel.open(OnnxWriter.toBytes(single), 1)) {
            return Optional.of(runtime.run(Map.of()));
        } catch (UnsupportedModelException _) {
            return Optional.empty();
        }
    }
}
