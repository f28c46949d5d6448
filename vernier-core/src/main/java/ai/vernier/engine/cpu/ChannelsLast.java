package ai.vernier.engine.cpu;

import ai.vernier.engine.tensor.Kernel;
import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;

/// Brings images from channel planes, `[batch, channels, height, width]`, to pixels with their channels side by side.
public final class ChannelsLast {
    /// Pixels that one thread reorders at once.
    private static final long PART = 1 << 14;

    /// Reordering one float takes as long as so many multiply-accumulates.
    private static final double COST = 16;

    private ChannelsLast() {}

    /// Copies the dense `planes`, which stay where they are, to `pixels`.
    public static Kernel from(Tensor planes, MemorySegment pixels, XnnRuntime runtime) {
        int channels = Math.toIntExact(planes.size(1));
        int count = Math.toIntExact(planes.size(2) * planes.size(3));
        int parts = (int) ((count + PART - 1) / PART);
        int tasks = Math.multiplyExact(parts, Math.toIntExact(planes.size(0)));
        long from = planes.data_ptr().address();
        long to = pixels.address();
        double work = COST * planes.numel();
        return () -> runtime.share(tasks, work, task -> {
            long image = (long) Float.BYTES * (task / parts) * channels * count;
            long first = task % parts * PART;
            Blas.transpose(
                    new Blas.Extents(channels, (int) Math.min(PART, count - first), 0),
                    new Blas.Operand(MemorySegment.ofAddress(from + image + Float.BYTES * first), count, false),
                    new Blas.Operand(
                            MemorySegment.ofAddress(to + image + Float.BYTES * first * channels), channels, false));
        });
    }
}
