package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Convolution and transposed convolution.
final class ConvolutionOps {
    private ConvolutionOps() {}

    static void register(OpTable ops) {
        ops.bind("Conv", 1, node -> ConvolutionOp.bind(node, null, new Activation.None()));
        ops.bind(
                "ConvTranspose",
                1,
                node -> TurnedConvolution.of(node).orElse(in -> new Tensor[] {transposed(node, in)}));
    }

    /// Computes the full result and crops what the padding takes off, or adds what is missing:
    /// size = stride · (input − 1) + output padding + extent − begin − end.
    private static Tensor transposed(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] spatial = Arrays.copyOfRange(HostTransfer.sizes(x), 2, (int) x.dim());
        long[] kernel = Arrays.copyOfRange(HostTransfer.sizes(in.at(1)), 2, (int) x.dim());
        Window window = Window.of(node, kernel);
        int rank = window.rank();
        long[][] kept = kept(node, window, spatial);
        long[] begins = new long[rank];
        long[] ends = new long[rank];
        for (int i = 0; i < rank; i++) {
            long full = window.strides()[i] * (spatial[i] - 1) + window.extent(i);
            begins[i] = -kept[0][i];
            ends[i] = kept[0][i] + kept[1][i] - full;
        }
        long[] strides = IntStream.range(0, rank)
                .mapToLong(i -> Math.min(window.strides()[i], window.extent(i)))
                .toArray();
        boolean bare = !Arrays.equals(strides, window.strides())
                || Arrays.stream(begins).anyMatch(pad -> pad > 0)
                || Arrays.stream(ends).anyMatch(pad -> pad > 0);
        Tensor bias = in.orNull(2);
        Tensor full = torch.convolution(
                x,
                in.at(1),
                NormalizationOps.some(bare ? null : bias),
                strides,
                Window.filled(rank, 0),
                window.dilations(),
                true,
                Window.filled(rank, 0),
                node.integer("group", 1));
        for (int i = 0; i < rank; i++) {
            full = apart(full, 2 + i, window.extent(i), window.strides()[i]);
        }
        Tensor y = Padding.padSpatial(full, begins, ends, 0);
        if (!bare || bias == null) {
            return y;
        }
        long[] shape = Window.filled((int) y.dim(), 1); // where no window reaches, only the bias is left
        shape[1] = bias.numel();
        return y.add(bias.reshape(shape));
    }

    /// Windows of `extent` elements one behind the other along `axis`, moved to begin `stride` elements apart. LibTorch
    /// takes time for the square of a stride that leaves gaps.
    private static Tensor apart(Tensor x, int axis, long extent, long stride) {
        long windows = x.size(axis) / extent;
        if (stride <= extent || windows < 2) {
            return x;
        }
        long[] gaps = new long[2 * ((int) x.dim() - axis)];
        gaps[gaps.length - 1] = stride - extent;
        Tensor spread = torch.constant_pad_nd(x.unflatten(axis, new long[] {windows, extent}), gaps, new Scalar(0L));
        return spread.flatten(axis, axis + 1).narrow(axis, 0, stride * (windows - 1) + extent);
    }

    /// Row 0: first element kept, row 1: elements kept, per axis.
    private static long[][] kept(NodeView node, Window window, long[] spatial) {
        int rank = window.rank();
        long[] extra = node.integers("output_padding", new long[rank]);
        long[] asked = node.integers("output_shape");
        boolean same = window.autoPad().startsWith("SAME");
        long[] first = window.begins().clone();
        long[] count = new long[rank];
        for (int i = 0; i < rank; i++) {
            long full = window.strides()[i] * (spatial[i] - 1) + window.extent(i) + extra[i];
            if (asked.length == 0 && !same) {
                count[i] = full - window.begins()[i] - window.ends()[i];
                continue;
            }
            count[i] = asked.length > 0 ? asked[asked.length - rank + i] : spatial[i] * window.strides()[i];
            long half = Math.floorDiv(full - count[i], 2);
            first[i] = window.autoPad().equals("SAME_UPPER") ? half : full - count[i] - half;
        }
        return new long[][] {first, count};
    }
}
