package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A Conv, ConvTranspose, Gemm or MatMul with a constant weight that nobody else reads, seen as a linear map from
/// input channels to output channels:  `y[o] = Σ W[o,i]·x[i] + b[o]`.
final class WeightedNode {
    static final Set<String> TYPES = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

    private final Node node;
    private final TensorData weight;
    private final Layout layout;
    private final double[] bias;

    /// Where the channels of a weight lie: element `index` belongs to output channel
    /// `(index / outputStride) % outputs + (index / groupStride) · outputs` and, within its group, to input channel
    /// `(index / inputStride) % inputs`.
    ///
    /// @param outputs output channels of a group, of `groups`
    /// @param inputs input channels of a group
    /// @param groupStride elements of a group; the groups lie one after another
    private record Layout(int groups, int outputs, int inputs, long outputStride, long inputStride, long groupStride) {
        static Layout of(Node node, TensorData weight) {
            int first = Math.toIntExact(weight.dim(0));
            int second = Math.toIntExact(weight.dim(1));
            int groups = Math.toIntExact(node.intAttribute("group", 1));
            long kernel = weight.elementCount() / Math.max(1, (long) first * second);
            long group = weight.elementCount() / groups;
            return switch (node.opType()) {
                case "Conv" -> new Layout(groups, first / groups, second, second * kernel, kernel, group);
                case "ConvTranspose" -> new Layout(groups, second, first / groups, kernel, second * kernel, group);
                case "Gemm" ->
                    node.intAttribute("transB", 0) != 0
                            ? new Layout(1, first, second, second, 1, weight.elementCount())
                            : new Layout(1, second, first, 1, second, weight.elementCount());
                default -> new Layout(1, second, first, 1, second, weight.elementCount());
            };
        }

        int output(long index) {
            return (int) ((index / outputStride) % outputs + (index / groupStride) * outputs);
        }

        int input(long index) {
            return (int) ((index / inputStride) % inputs);
        }
    }

    private WeightedNode(Node node, TensorData weight, Layout layout, double[] bias) {
        this.node = node;
        this.weight = weight;
        this.layout = layout;
        this.bias = bias;
    }

    static boolean isWeighted(Node node) {
        return node.domain().isEmpty() && TYPES.contains(node.opType());
    }

    /// Why the weight and bias of `node` cannot be changed; empty where they can, and [#of] may be called.
    static Optional<String> objection(Node node, GraphEditor graph) {
        String name = node.inputs().get(1);
        Optional<TensorData> weight = graph.initializer(name);
        if (weight.isEmpty() || weight.get().dataType() != DataType.FLOAT) {
            return Optional.of(
                    "%s: weight '%s' is not a float initializer of this graph".formatted(node.label(), name));
        }
        if (graph.soleConsumer(name).isEmpty()) {
            List<String> others = graph.consumers(name).stream()
                    .map(Node::label)
                    .filter(label -> !label.equals(node.label()))
                    .toList();
            return Optional.of("%s: weight '%s' is also used by %s".formatted(node.label(), name, others));
        }
        if (node.inputs().getFirst().equals(name) || weight.get().rank() < 2) {
            return Optional.of("%s: weight '%s' is no matrix of its own".formatted(node.label(), name));
        }
        if (node.opType().equals("MatMul") && weight.get().rank() != 2) {
            return Optional.of("%s: weight '%s' is a stack of matrices".formatted(node.label(), name));
        }
        return groupObjection(node, weight.get()).or(() -> biasObjection(node, graph, Layout.of(node, weight.get())));
    }

    private static Optional<String> groupObjection(Node node, TensorData weight) {
        long groups = node.intAttribute("group", 1);
        boolean fits = groups > 0 && weight.dim(0) % groups == 0 && weight.dim(0) * weight.dim(1) <= Integer.MAX_VALUE;
        return fits
                ? Optional.empty()
                : Optional.of("%s: %d groups do not go with weight %s".formatted(node.label(), groups, weight));
    }

    private static Optional<String> biasObjection(Node node, GraphEditor graph, Layout layout) {
        if (node.input(2).isEmpty()) {
            return Optional.empty();
        }
        String name = node.inputs().get(2);
        if (name.equals(node.inputs().get(1))) {
            return Optional.of("%s: '%s' is both weight and bias".formatted(node.label(), name));
        }
        Optional<TensorData> bias = graph.constant(name);
        long channels = (long) layout.outputs * layout.groups;
        boolean fits = bias.filter(tensor -> tensor.dataType() == DataType.FLOAT)
                .filter(tensor ->
                        tensor.elementCount() == 1 || (tensor.elementCount() == channels && tensor.dim(-1) == channels))
                .isPresent();
        return fits
                ? Optional.empty()
                : Optional.of("%s: bias '%s' is not a constant with one value for each of %d channels"
                        .formatted(node.label(), name, channels));
    }

    /// The view of a node to which [#objection] has none.
    static WeightedNode of(Node node, GraphEditor graph) {
        TensorData weight = graph.initializer(node.inputs().get(1)).orElseThrow();
        Layout layout = Layout.of(node, weight);
        double[] bias = new double[layout.outputs * layout.groups];
        float beta = node.floatAttribute("beta", 1);
        node.input(2).flatMap(graph::constant).ifPresent(tensor -> {
            for (int o = 0; o < bias.length; o++) {
                bias[o] = (double) beta * tensor.floatAt(tensor.elementCount() == 1 ? 0 : o);
            }
        });
        return new WeightedNode(node, weight, layout, bias);
    }

    int outputs() {
        return bias.length;
    }

    /// Input channels; of one group, where there are several.
    int inputs() {
        return layout.inputs;
    }

    /// Puts y·scale + shift in the place of y, channel by channel; in double precision, rounded once.
    void scaleOutputs(double[] scale, double[] shift, GraphEditor graph) {
        float[] scaled = new float[Math.toIntExact(weight.elementCount())];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (weight.floatAt(i) * scale[layout.output(i)]);
        }
        double[] shifted = new double[bias.length];
        for (int o = 0; o < shifted.length; o++) {
            shifted[o] = bias[o] * scale[o] + shift[o];
        }
        change(scaled, shifted, graph);
    }

    /// Puts y + shift in the place of y, channel by channel.
    void shiftOutputs(double[] shift, GraphEditor graph) {
        double[] scale = new double[shift.length];
        Arrays.fill(scale, 1);
        scaleOutputs(scale, shift, graph);
    }

    /// Puts y·scale in the place of y, channel by channel; a node without a bias stays without.
    void scaleOutputs(double[] scale, GraphEditor graph) {
        if (node.input(2).isPresent()) {
            scaleOutputs(scale, new double[scale.length], graph);
            return;
        }
        float[] scaled = new float[Math.toIntExact(weight.elementCount())];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (weight.floatAt(i) * scale[layout.output(i)]);
        }
        graph.setInitializer(node.inputs().get(1), TensorData.ofFloats(scaled, weight.dims()));
    }

    /// Makes the node compute of x what it computed of x·scale, padded zeros included; of several groups, where all
    /// scales are equal.
    void scaleInputs(double[] scale, GraphEditor graph) {
        float[] scaled = new float[Math.toIntExact(weight.elementCount())];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (weight.floatAt(i) * scale[layout.input(i)]);
        }
        graph.setInitializer(node.inputs().get(1), TensorData.ofFloats(scaled, weight.dims()));
    }

    /// Makes the node compute of x what it computed of x·scale + shift, for a node of one group without padding.
    void scaleInputs(double[] scale, double[] shift, GraphEditor graph) {
        float alpha = node.floatAttribute("alpha", 1);
        float[] scaled = new float[Math.toIntExact(weight.elementCount())];
        double[] shifted = bias.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (weight.floatAt(i) * scale[layout.input(i)]);
            shifted[layout.output(i)] += (double) alpha * weight.floatAt(i) * shift[layout.input(i)];
        }
        change(scaled, shifted, graph);
    }

    /// MatMul becomes Gemm, which has a bias; so it must multiply matrices.
    private void change(float[] weights, double[] biases, GraphEditor graph) {
        graph.setInitializer(node.inputs().get(1), TensorData.ofFloats(weights, weight.dims()));
        float[] narrowed = new float[biases.length];
        for (int o = 0; o < narrowed.length; o++) {
            narrowed[o] = (float) biases[o];
        }
        TensorData tensor = TensorData.ofFloats(narrowed, narrowed.length);
        List<String> inputs = new ArrayList<>(node.inputs().subList(0, 2));
        inputs.add(setBias(tensor, graph));
        Node changed = node.withInputs(inputs);
        if (node.opType().equals("Gemm")) {
            changed = changed.withAttribute("beta", Attribute.of(1f));
        }
        graph.replace(node, node.opType().equals("MatMul") ? asGemm(changed) : changed);
    }

    /// The bias keeps its name where nobody else reads it and it has the right shape.
    private String setBias(TensorData tensor, GraphEditor graph) {
        String hint = node.input(2).orElse(node.inputs().get(1) + "_bias");
        boolean own = graph.soleConsumer(hint).isPresent()
                && graph.initializer(hint)
                        .filter(old -> Arrays.equals(old.dims(), tensor.dims()))
                        .isPresent();
        if (!own) {
            return graph.addInitializer(hint, tensor);
        }
        graph.setInitializer(hint, tensor);
        return hint;
    }

    private static Node asGemm(Node matMul) {
        return new Node(
                matMul.name(),
                "Gemm",
                matMul.domain(),
                matMul.overload(),
                matMul.inputs(),
                matMul.outputs(),
                matMul.attributes(),
                matMul.details());
    }
}
