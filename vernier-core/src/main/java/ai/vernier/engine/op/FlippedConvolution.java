package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// A transposed convolution without strides, seen as the convolution that it is, over mirrored weights:
///
///     W'[o, i, y, x] = W[i, o, h − 1 − y, w − 1 − x],   pads' = extent − 1 − pads
final class FlippedConvolution {
    private FlippedConvolution() {}

    /// Empty where the weights are not constant floats over two axes, or the output is larger than the windows reach.
    static Optional<BoundOp> of(NodeView node) {
        Optional<TensorData> weight = floats(node, 1).filter(value -> value.rank() == 4 && value.elementCount() > 0);
        Optional<TensorData> bias = floats(node, 2);
        boolean plain = node.xnnpack().isPresent()
                && node.integers("output_shape").length == 0
                && Arrays.stream(node.integers("output_padding")).allMatch(extra -> extra == 0)
                && node.text("auto_pad", "NOTSET").equals("NOTSET")
                && (bias.isPresent() || node.node().input(2).isEmpty());
        if (weight.isEmpty() || !plain) {
            return Optional.empty();
        }
        long groups = node.integer("group", 1);
        Window given = Window.of(node, Arrays.copyOfRange(weight.get().dims(), 2, 4));
        Window window = mirrored(given);
        boolean fits = Arrays.stream(given.strides()).allMatch(stride -> stride == 1)
                && groups > 0
                && weight.get().dim(0) % groups == 0
                && window.isPadding();
        return fits
                ? Optional.of(ConvolutionOp.of(node, flipped(weight.get(), groups), bias.orElse(null), window))
                : Optional.empty();
    }

    private static Optional<TensorData> floats(NodeView node, int index) {
        return node.constant(index).filter(value -> value.dataType() == DataType.FLOAT);
    }

    private static Window mirrored(Window window) {
        long[] begins = new long[window.rank()];
        long[] ends = new long[window.rank()];
        Arrays.setAll(begins, i -> window.extent(i) - 1 - window.begins()[i]);
        Arrays.setAll(ends, i -> window.extent(i) - 1 - window.ends()[i]);
        return new Window(window.kernel(), window.strides(), window.dilations(), begins, ends, "NOTSET");
    }

    /// @param weight inputs, outputs of a group, height, width
    private static TensorData flipped(TensorData weight, long groups) {
        try (PointerScope _ = new PointerScope()) {
            long inputs = weight.dim(0) / groups;
            long outputs = weight.dim(1);
            Tensor grouped =
                    HostTransfer.toTensor(weight).reshape(groups, inputs, outputs, weight.dim(2), weight.dim(3));
            Tensor turned =
                    grouped.transpose(1, 2).flip(3, 4).reshape(groups * outputs, inputs, weight.dim(2), weight.dim(3));
            return HostTransfer.toHost(turned, DataType.FLOAT);
        }
    }
}
