package ai.vernier.engine.op;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// A convolution with few output channels, seen as one with twice as many whose output is half as wide: two
/// neighbouring pixels lie behind each other in memory, so their channels are those of one wide pixel.
///
///     W'[(p, o), c, y, x] = W[o, c, y, x − p·stride],   extent + stride wide,   stride' = 2·stride
///
/// XNNPACK computes 32 output channels at a time where it has AVX-512; 16 leave half of each register idle, which costs
/// more than the zeros that the second pixel's weights are shifted by. The sums are the same, bit by bit, for finite
/// inputs.
final class PixelPair {
    private static final long WIDE = 32;

    private PixelPair() {}

    /// Whether seeing `window` with `outputs` channels that way saves at least a tenth of the products.
    static boolean pays(Window window, long outputs, long groups, long outputWidth) {
        long extent = window.kernel()[1];
        long stride = window.strides()[1];
        return Holder.AVX512
                && groups == 1
                && 2 * outputs <= WIDE
                && window.dilations()[1] == 1
                && outputWidth % 2 == 0
                && 10 * (extent + stride) <= 9 * 2 * extent;
    }

    /// The weights of both pixels, outputs × inputs × height × width.
    static Tensor weight(Tensor dense, long stride) {
        Scalar zero = new Scalar(0.0);
        Tensor first = torch.constant_pad_nd(dense, new long[] {0, stride}, zero);
        Tensor second = torch.constant_pad_nd(dense, new long[] {stride, 0}, zero);
        return torch.cat(new TensorVector(first, second), 0);
    }

    private static final class Holder {
        static final boolean AVX512 = probe();

        private static boolean probe() {
            try {
                return Files.readString(Path.of("/proc/cpuinfo")).contains("avx512f");
            } catch (IOException _) {
                return false;
            }
        }
    }
}
