package ai.vernier.engine;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.HostTransfer;
import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// An operator that the engine lacks, run as a one-node model in ONNX Runtime. The model is made when the input types
/// are known, once per combination of them.
final class OrtNode implements BoundOp {
    private final Node node;
    private final Model source;
    private final Map<List<DataType>, OrtModel> sessions = new HashMap<>();

    OrtNode(Node node, Model source) {
        this.node = node;
        this.source = source;
    }

    UnsupportedModelException unsupported(String reason) {
        return new UnsupportedModelException("%s (opset %d): neither the engine nor ONNX Runtime can run it: %s"
                .formatted(node.label(), source.opset(node.domain()), reason));
    }

    /// Refuses operators that ONNX Runtime has never heard of.
    void requireKnown() {
        List<DataType> floats = node.inputs().stream().map(_ -> DataType.FLOAT).toList();
        try (OrtModel _ = open(floats)) {
            return;
        } catch (UnsupportedModelException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("is not a registered") || message.contains("No Op registered")) {
                throw unsupported(message.lines().findFirst().orElse(message));
            }
        }
    }

    @Override
    public Tensor[] run(Inputs in) {
        Map<String, TensorData> fed = new LinkedHashMap<>();
        List<DataType> types = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            DataType type = in.has(i) ? HostTransfer.typeOf(in.at(i)) : DataType.FLOAT;
            types.add(type);
            if (in.has(i)) {
                fed.put(node.inputs().get(i), HostTransfer.toHost(in.at(i), type));
            }
        }
        Map<String, TensorData> results =
                sessions.computeIfAbsent(types, this::open).run(fed);
        Tensor like = first(in);
        List<Tensor> outputs = new ArrayList<>();
        for (String name : node.outputs()) {
            TensorData result = results.get(name);
            outputs.add(onDeviceOf(
                    like, result == null ? HostTransfer.ofLongs(new long[0], 0) : HostTransfer.toTensor(result)));
        }
        return outputs.toArray(Tensor[]::new);
    }

    private static @Nullable Tensor first(Inputs in) {
        return in.size() > 0 ? in.orNull(0) : null;
    }

    private static Tensor onDeviceOf(@Nullable Tensor like, Tensor host) {
        return like != null && like.is_cuda() ? host.to(like.device(), host.scalar_type()) : host;
    }

    private OrtModel open(List<DataType> types) {
        Map<String, Value> inputs = new LinkedHashMap<>();
        for (int i = 0; i < types.size(); i++) {
            String name = node.inputs().get(i);
            if (!name.isEmpty()) {
                inputs.put(
                        name, new Value(name, new ValueType.TensorType(types.get(i), Optional.empty()), Details.NONE));
            }
        }
        List<Value> outputs = node.outputs().stream()
                .filter(name -> !name.isEmpty())
                .map(name -> new Value(name, new ValueType.OpaqueType(Bytes.utf8("")), Details.NONE))
                .toList();
        Graph graph = new Graph(
                "fallback", List.copyOf(inputs.values()), outputs, List.of(node), Map.of(), List.of(), Details.NONE);
        return OrtModel.open(OnnxWriter.toBytes(source.withGraph(graph)), 0);
    }

    @Override
    public void close() {
        sessions.values().forEach(OrtModel::close);
    }
}
