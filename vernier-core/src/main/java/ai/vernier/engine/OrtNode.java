package ai.vernier.engine;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.Attribute;
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
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// An operator that the engine lacks, run as a one-node model in ONNX Runtime. The model is made when the input types
/// are known, once per combination of them.
final class OrtNode implements BoundOp {
    /// Where in ONNX Runtime's sources a complaint comes from: file, line and function.
    private static final Pattern PLACE = Pattern.compile("/onnxruntime_src/\\S+ .*?\\)( \\[with .*?])? ");

    private final NodeView view;
    private final Node node;
    private final Model source;
    private final Map<List<DataType>, OrtModel> sessions = new HashMap<>();

    OrtNode(NodeView view, Model source) {
        this.view = view;
        this.node = view.node();
        this.source = source;
    }

    UnsupportedModelException unsupported(String reason) {
        return new UnsupportedModelException("%s (opset %d): neither the engine nor ONNX Runtime can run it: %s"
                .formatted(
                        node.label(),
                        source.opset(node.domain()),
                        PLACE.matcher(reason).replaceAll("")));
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
            if (in.has(i)) {
                types.add(HostTransfer.typeOf(in.at(i), view.inputType(i)));
                fed.put(node.inputs().get(i), HostTransfer.toHost(in.at(i), HostTransfer.typeOf(in.at(i))));
            } else {
                types.add(DataType.FLOAT);
            }
        }
        Map<String, TensorData> results = results(types, fed);
        Tensor like = first(in);
        List<Tensor> outputs = new ArrayList<>();
        for (String name : node.outputs()) {
            TensorData result = results.get(name);
            outputs.add(onDeviceOf(
                    like, result == null ? HostTransfer.ofLongs(new long[0], 0) : HostTransfer.toTensor(result)));
        }
        return outputs.toArray(Tensor[]::new);
    }

    private Map<String, TensorData> results(List<DataType> types, Map<String, TensorData> fed) {
        try {
            return sessions.computeIfAbsent(types, this::open).run(fed);
        } catch (UnsupportedModelException e) {
            throw unsupported(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private static @Nullable Tensor first(Inputs in) {
        return in.size() > 0 ? in.orNull(0) : null;
    }

    private static Tensor onDeviceOf(@Nullable Tensor like, Tensor host) {
        return like != null && like.is_cuda() ? host.to(like.device(), host.scalar_type()) : host;
    }

    private OrtModel open(List<DataType> types) {
        Fragment fragment = new Fragment();
        for (int i = 0; i < types.size(); i++) {
            if (!node.inputs().get(i).isEmpty()) {
                fragment.feed(node.inputs().get(i), types.get(i));
            }
        }
        return fragment.open();
    }

    /// The one-node model. Types that do not cross the border are fed and handed out in the types that carry them, with
    /// casts around the node.
    private final class Fragment {
        private final Map<String, Value> inputs = new LinkedHashMap<>();
        private final List<Node> before = new ArrayList<>();
        private final Map<String, String> renamed = new HashMap<>();

        void feed(String name, DataType type) {
            DataType carried = HostTransfer.typeOf(HostTransfer.carrier(type));
            inputs.put(name, value(name, new ValueType.TensorType(carried, Optional.empty())));
            if (carried != type && !renamed.containsKey(name)) {
                renamed.put(name, name + "/" + type.text());
                before.add(cast(name, renamed.get(name), type));
            }
        }

        OrtModel open() {
            OrtModel plain = open(Map.of());
            Map<String, DataType> foreign = new LinkedHashMap<>();
            plain.outputTypes().forEach((name, type) -> {
                if (!OrtModel.crosses(type)) {
                    foreign.put(name, type);
                }
            });
            if (foreign.isEmpty()) {
                return plain;
            }
            plain.close();
            return open(foreign);
        }

        private OrtModel open(Map<String, DataType> foreign) {
            List<Node> nodes = new ArrayList<>(before);
            nodes.add(node.withInputs(node.inputs().stream()
                            .map(name -> renamed.getOrDefault(name, name))
                            .toList())
                    .withOutputs(node.outputs().stream()
                            .map(name -> foreign.containsKey(name) ? name + "/foreign" : name)
                            .toList()));
            foreign.forEach((name, type) ->
                    nodes.add(cast(name + "/foreign", name, HostTransfer.typeOf(HostTransfer.carrier(type)))));
            List<Value> outputs = node.outputs().stream()
                    .filter(name -> !name.isEmpty())
                    .map(name -> value(name, new ValueType.OpaqueType(Bytes.utf8(""))))
                    .toList();
            Graph graph = new Graph(
                    "fallback", List.copyOf(inputs.values()), outputs, nodes, Map.of(), List.of(), Details.NONE);
            return OrtModel.open(OnnxWriter.toBytes(source.withGraph(graph)), 0);
        }

        private static Value value(String name, ValueType type) {
            return new Value(name, type, Details.NONE);
        }

        private static Node cast(String from, String to, DataType type) {
            return Node.of(to, "Cast", List.of(from), List.of(to)).withAttribute("to", Attribute.of(type.number()));
        }
    }

    @Override
    public void close() {
        sessions.values().forEach(OrtModel::close);
    }
}
