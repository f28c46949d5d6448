package ai.vernier.simulate;

import java.util.Arrays;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// How a computed value is moved to its grid.
sealed interface ToGrid permits AccumulatorToGrid, CodesToGrid, FakeQuantization {
    /// Changes `x`, whose memory nobody else may read, and returns it: the handles that in-place operators return share
    /// its native object and must not outlive it. Needs an open PointerScope.
    Tensor apply(Tensor x);

    /// `x ← 0 + scale · x`; the sum with 0 turns −0 into the +0 that integers have.
    static void dequantize(Tensor x, float scale) {
        torch.add_out(x, onDeviceOf(x, torch.zeros(new long[0])), x, new Scalar(scale));
    }

    /// `small` on the device where `x` is.
    static Tensor onDeviceOf(Tensor x, Tensor small) {
        return x.is_cuda() ? small.to(new Device(torch.DeviceType.CUDA), torch.ScalarType.Float) : small;
    }

    /// One float per channel, shaped to broadcast over `x` along `axis`, which counts from the end where negative.
    static Tensor along(Tensor x, int axis, float[] values) {
        long[] shape = new long[Math.toIntExact(x.dim())];
        Arrays.fill(shape, 1);
        shape[axis < 0 ? axis + shape.length : axis] = values.length;
        return onDeviceOf(x, Tensor.create(values, shape));
    }
}
