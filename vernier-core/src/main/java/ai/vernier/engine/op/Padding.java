package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Padding by ONNX's convention: `pads` holds the begins of all axes, then the ends; negative ones crop,
/// before anything is copied into the positive ones.
final class Padding {
    private Padding() {}

    static Tensor pad(Tensor x, long[] pads, String mode, Scalar value) {
        if (mode.equals("constant")) {
            return torch.constant_pad_nd(x, lastAxisFirst(pads), value);
        }
        int rank = (int) x.dim();
        Tensor result = x;
        for (int axis = 0; axis < rank; axis++) {
            long begin = pads[axis];
            long end = pads[rank + axis];
            if (begin < 0 || end < 0) {
                long cut = Math.min(begin, 0);
                result = result.narrow(axis, -cut, x.size(axis) + cut + Math.min(end, 0));
            }
            if (begin > 0 || end > 0) {
                Tensor sources = sources(result.size(axis), Math.max(begin, 0), Math.max(end, 0), mode);
                result = result.index_select(axis, sources);
            }
        }
        return result;
    }

    /// Pads the trailing (spatial) axes of `x` with `value`; `begins` and `ends` cover just those axes.
    static Tensor padSpatial(Tensor x, long[] begins, long[] ends, double value) {
        long[] order = new long[2 * begins.length];
        for (int i = 0; i < begins.length; i++) {
            order[2 * i] = begins[begins.length - 1 - i];
            order[2 * i + 1] = ends[begins.length - 1 - i];
        }
        return torch.constant_pad_nd(x, order, new Scalar(value));
    }

    private static long[] lastAxisFirst(long[] pads) {
        int rank = pads.length / 2;
        long[] order = new long[pads.length];
        for (int i = 0; i < rank; i++) {
            order[2 * i] = pads[rank - 1 - i];
            order[2 * i + 1] = pads[2 * rank - 1 - i];
        }
        return order;
    }

    /// For each position along a padded axis, the position it is copied from.
    private static Tensor sources(long size, long begin, long end, String mode) {
        long[] indices = LongStream.range(-begin, size + end)
                .map(i -> switch (mode) {
                    case "reflect" -> reflect(i, size);
                    case "edge" -> Math.clamp(i, 0, size - 1);
                    case "wrap" -> Math.floorMod(i, size);
                    default -> throw new IllegalArgumentException("unknown padding mode '" + mode + "'");
                })
                .toArray();
        return HostTransfer.ofLongs(indices, indices.length);
    }

    private static long reflect(long index, long size) {
        if (size == 1) {
            return 0;
        }
        long period = 2 * (size - 1);
        long phase = Math.floorMod(index, period);
        return phase < size ? phase : period - phase;
    }
}
