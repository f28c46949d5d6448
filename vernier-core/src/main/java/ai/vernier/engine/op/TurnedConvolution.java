package ai.vernier.engine.op;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;

/// A transposed convolution that steps by 1 is a convolution with its kernel turned round and the channels of each
/// group exchanged, padded by extent − 1 − pad, and runs as one.
final class TurnedConvolution {
    private TurnedConvolution() {}

    /// `node` as a convolution; empty unless its weights are constant floats and its steps are 1.
    static Optional<BoundOp> of(NodeView node) {
        Optional<TensorData> weight = node.constant(1)
                .filter(value -> value.dataType() == DataType.FLOAT && (value.rank() == 3 || value.rank() == 4));
        if (weight.isEmpty()
                || node.has("output_shape")
                || !node.text("auto_pad", "NOTSET").equals("NOTSET")) {
            return Optional.empty();
        }
        long[] dims = weight.get().dims();
        Window window = Window.of(node, Arrays.copyOfRange(dims, 2, dims.length));
        long groups = node.integer("group", 1);
        long[] pads = LongStream.range(0, 2L * window.rank())
                .map(i -> window.extent((int) i % window.rank())
                        - 1
                        - (i < window.rank() ? window.begins()[(int) i] : window.ends()[(int) i - window.rank()]))
                .toArray();
        boolean plain = Arrays.stream(window.strides()).allMatch(step -> step == 1)
                && Arrays.stream(node.integers("output_padding")).allMatch(extra -> extra == 0)
                && Arrays.stream(pads).allMatch(pad -> pad >= 0);
        if (!plain || groups < 1 || dims[0] % groups != 0 || weight.get().elementCount() == 0) {
            return Optional.empty();
        }
        TensorData turned = turned(weight.get(), groups);
        Node convolution = Node.of(
                        node.node().name(),
                        "Conv",
                        node.node().inputs(),
                        node.node().outputs())
                .withAttribute("group", new Attribute.IntValue(groups))
                .withAttribute("dilations", Attribute.ofInts(window.dilations()))
                .withAttribute("pads", Attribute.ofInts(pads));
        String name = node.node().inputs().get(1);
        NodeView view = node.replaced(convolution, name, turned);
        return ConvolutionOp.hasConstantWeights(view)
                ? Optional.of(ConvolutionOp.bind(view, null, new Activation.None()))
                : Optional.empty();
    }

    /// W′[g · n + j, i, …] = W[g · m + i, j, −…] for m inputs and n outputs per group.
    private static TensorData turned(TensorData weight, long groups) {
        long[] dims = weight.dims();
        int inputs = (int) (dims[0] / groups);
        int outputs = (int) dims[1];
        int window = (int) (weight.elementCount() / dims[0] / outputs);
        float[] from = weight.toFloats();
        float[] to = new float[from.length];
        for (int row = 0; row < groups * outputs; row++) {
            for (int i = 0; i < inputs; i++) {
                int source = ((row / outputs * inputs + i) * outputs + row % outputs) * window;
                int target = (row * inputs + i) * window;
                for (int k = 0; k < window; k++) {
                    to[target + k] = from[source + window - 1 - k];
                }
            }
        }
        long[] shape = dims.clone();
        shape[0] = groups * outputs;
        shape[1] = inputs;
        return TensorData.ofFloats(to, shape);
    }
}
