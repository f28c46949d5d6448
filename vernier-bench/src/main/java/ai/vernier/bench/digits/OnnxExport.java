package ai.vernier.bench.digits;

import ai.vernier.bench.digits.Layer.Classifier;
import ai.vernier.bench.digits.Layer.Convolution;
import ai.vernier.bench.digits.Layer.Residual;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Writes trained layers as an ONNX graph, operator by operator: Conv, BatchNormalization and Clip(0, 6) stay apart, as
/// a training framework leaves them. Each value is named after the layer and the operator that made it.
final class OnnxExport {
    static final String INPUT = "image";
    static final String OUTPUT = "logits";

    /// Clip takes its bounds as inputs since 11; 13 is what most exporters wrote for years.
    private static final long OPSET = 13;
    /// The IR version that belongs to ONNX 1.10, the release after opset 13.
    private static final long IR_VERSION = 8;

    private static final Dimension BATCH = new Dimension.Symbolic("N");

    private final Map<String, TensorData> weights;
    private final Map<String, TensorData> initializers = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    private OnnxExport(Map<String, TensorData> weights) {
        this.weights = weights;
    }

    /// The model with input `image` float32 [N, 1, 20, 20] in [0, 1] and output `logits` float32 [N, 10].
    ///
    /// @param weights by the names of [DigitNetwork#weights()]
    static Model model(List<Layer> layers, Map<String, TensorData> weights) {
        OnnxExport export = new OnnxExport(weights);
        String last = INPUT;
        for (Layer layer : layers) {
            last = export.add(layer, last);
        }
        Shape image = Shape.of(1, 1, Digits.SIZE, Digits.SIZE).with(0, BATCH);
        Shape logits = Shape.of(1, Digits.CLASSES).with(0, BATCH);
        Graph graph = new Graph(
                "digits",
                List.of(Value.tensor(INPUT, DataType.FLOAT, image)),
                List.of(Value.tensor(last, DataType.FLOAT, logits)),
                export.nodes,
                export.initializers,
                List.of(),
                Details.NONE);
        return Model.of(graph, OPSET).withIrVersion(IR_VERSION);
    }

    private String add(Layer layer, String x) {
        return switch (layer) {
            case Convolution convolution -> addConvolution(convolution, x);
            case Residual(String name, List<Convolution> branch) -> {
                String y = x;
                for (Convolution convolution : branch) {
                    y = addConvolution(convolution, y);
                }
                yield addNode(Node.of(name + ".add", "Add", List.of(x, y), List.of(name + ".add")));
            }
            case Classifier classifier -> addClassifier(classifier.name(), x);
        };
    }

    private String addConvolution(Convolution layer, String x) {
        String conv = addConv(layer, x);
        String normal = addBatchNormalization(layer.name() + ".bn", conv);
        if (!layer.activated()) {
            return normal;
        }
        initializers.put("relu6.min", TensorData.ofFloats(new float[] {0}));
        initializers.put("relu6.max", TensorData.ofFloats(new float[] {6}));
        String name = layer.name() + ".relu6";
        return addNode(Node.of(name, "Clip", List.of(normal, "relu6.min", "relu6.max"), List.of(name)));
    }

    private String addConv(Convolution layer, String x) {
        String name = layer.name() + ".conv";
        int padding = layer.padding();
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        attributes.put("kernel_shape", Attribute.ofInts(layer.kernel(), layer.kernel()));
        attributes.put("strides", Attribute.ofInts(layer.stride(), layer.stride()));
        attributes.put("pads", Attribute.ofInts(padding, padding, padding, padding));
        attributes.put("group", Attribute.of(layer.groups()));
        List<String> inputs = List.of(x, weight(layer.name() + ".weight"));
        return addNode(Node.of(name, "Conv", inputs, List.of(name)).withAttributes(attributes));
    }

    private String addBatchNormalization(String name, String x) {
        List<String> inputs = List.of(
                x, weight(name + ".scale"), weight(name + ".bias"), weight(name + ".mean"), weight(name + ".var"));
        Node node = Node.of(name, "BatchNormalization", inputs, List.of(name));
        return addNode(node.withAttribute("epsilon", Attribute.of((float) DigitNetwork.EPSILON)));
    }

    private String addClassifier(String name, String x) {
        String pool = addNode(Node.of(name + ".pool", "GlobalAveragePool", List.of(x), List.of(name + ".pool")));
        String flat = addNode(Node.of(name + ".flatten", "Flatten", List.of(pool), List.of(name + ".flatten")));
        List<String> inputs = List.of(flat, weight(name + ".weight"), weight(name + ".bias"));
        Node gemm = Node.of(name + ".gemm", "Gemm", inputs, List.of(OUTPUT));
        return addNode(gemm.withAttribute("transB", Attribute.of(1L)));
    }

    private String addNode(Node node) {
        nodes.add(node);
        return node.outputs().getFirst();
    }

    private String weight(String name) {
        initializers.put(name, Objects.requireNonNull(weights.get(name), name));
        return name;
    }
}
