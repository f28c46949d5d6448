package ai.vernier.engine.op;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Convolution and transposed convolution.
final class ConvolutionOps {
    private ConvolutionOps() {}

    static void register(OpTable ops) {
        ops.bind("Conv", 1, node -> ConvolutionOp.bind(node, null, new Activation.None()));
        ops.add("ConvTranspose", 1, ConvolutionOps::transposed);
    }

    /// Computes the full result and crops what the padding takes off:
    /// size = stride · (input − 1) + output padding + extent − begin − end.
    private static Tensor transposed(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] spatial = Arrays.copyOfRange(HostTransfer.sizes(x), 2, (int) x.dim());
        long[] kernel = Arrays.copyOfRange(HostTransfer.sizes(in.at(1)), 2, (int) x.dim());
        Window window = Window.of(node, kernel);
        long[] extra = node.integers("output_padding", new long[window.rank()]);
        long[][] sizes = croppedSizes(node, window, spatial);
        Tensor full = torch.convolution(
                x,
                in.at(1),
                NormalizationOps.some(in.orNull(2)),
                window.strides(),
                Window.filled(window.rank(), 0),
                window.dilations(),
                true,
                Window.filled(window.rank(), 0),
                node.integer("group", 1));
        return crop(full, sizes, extra, in);
    }

    /// Row 0: first element kept, row 1: elements kept, per axis.
    private static long[][] croppedSizes(NodeView node, Window window, long[] spatial) {
        int rank = window.rank();
        long[] extra = node.integers("output_padding", new long[rank]);
        long[] asked = node.integers("output_shape");
        long[] first = window.begins().clone();
        long[] count = new long[rank];
        for (int i = 0; i < rank; i++) {
            long full = window.strides()[i] * (spatial[i] - 1) + window.extent(i) + extra[i];
            if (asked.length > 0) {
                count[i] = asked[asked.length - rank + i];
                long total = full - count[i];
                first[i] = window.autoPad().equals("SAME_UPPER") ? total / 2 : total - total / 2;
            } else if (window.autoPad().startsWith("SAME")) {
                count[i] = spatial[i] * window.strides()[i];
                long total = full - count[i];
                first[i] = window.autoPad().equals("SAME_UPPER") ? total / 2 : total - total / 2;
            } else {
                count[i] = full - window.begins()[i] - window.ends()[i];
            }
        }
        return new long[][] {first, count};
    }

    /// Output padding lies beyond the last window: there only the bias is left.
    private static Tensor crop(Tensor full, long[][] sizes, long[] extra, Inputs in) {
        Tensor result = full;
        if (Arrays.stream(extra).anyMatch(pad -> pad != 0)) {
            Tensor padded = Padding.padSpatial(full, new long[extra.length], extra, 0);
            result = in.has(2) ? withBiasBeyond(full, padded, in.at(2)) : padded;
        }
        for (int i = 0; i < extra.length; i++) {
            if (sizes[0][i] != 0 || sizes[1][i] != result.size(i + 2)) {
                result = result.narrow(i + 2, sizes[0][i], sizes[1][i]);
            }
        }
        return result;
    }

    private static Tensor withBiasBeyond(Tensor full, Tensor padded, Tensor bias) {
        long[] shape = Window.filled((int) padded.dim(), 1);
        shape[1] = bias.numel();
        Tensor result = bias.reshape(shape).expand(HostTransfer.sizes(padded)).clone();
        Tensor inner = result;
        for (int axis = 2; axis < full.dim(); axis++) {
            inner = inner.narrow(axis, 0, full.size(axis));
        }
        inner.copy_(full);
        return result;
    }
}
