package ai.vernier.algorithm;

import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Mean of every channel (axis 1) over the other axes.
final class ChannelMeans {
    private ChannelMeans() {}

    /// @param output `[samples, channels, …]`
    static float[] of(Tensor output) {
        long[] others = new long[(int) output.dim() - 1];
        for (int axis = 1; axis < others.length; axis++) {
            others[axis] = axis + 1L;
        }
        Tensor means = torch.mean(output, others, false, new ScalarTypeOptional());
        float[] values = new float[(int) means.numel()];
        means.cpu().contiguous().data_ptr_float().get(values);
        return values;
    }
}
