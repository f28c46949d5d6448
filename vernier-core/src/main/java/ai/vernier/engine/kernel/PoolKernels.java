package ai.vernier.engine.kernel;

import ai.vernier.engine.cpu.Threads;
import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.cpu.Xnnpack;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.Operands;
import ai.vernier.engine.op.PoolOps;
import ai.vernier.engine.op.Window;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.engine.tensor.RowCopy;
import ai.vernier.engine.tensor.Strided;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Pooling of images on XNNPACK, channels last.
public final class PoolKernels {
    private static final int[] CHANNELS_LAST = {0, 2, 3, 1};

    /// XNNPACK keeps an address for each element of each window.
    private static final long MAX_TAPS = 1 << 12;

    private final XnnRuntime runtime;
    private final Operands at;

    PoolKernels(XnnRuntime runtime, Operands at) {
        this.runtime = runtime;
        this.at = at;
    }

    /// Whether one window, without padding, takes in the whole of every image.
    static boolean isGlobal(NodeView node, Operands at) {
        Tensor x = at.in(0);
        long[] kernel = node.integers("kernel_shape");
        if (x.dim() != kernel.length + 2) {
            return false;
        }
        Window window = Window.of(node, kernel).resolved(PoolOps.spatial(x));
        return Arrays.equals(kernel, PoolOps.spatial(x)) && !window.isPadded() && !window.isDilated();
    }

    @Nullable
    Kernel largest(NodeView node) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        if (x.dim() != 4 || at.out().length != 1 || !Operands.areFloats(x, y) || node.flag("ceil_mode", false)) {
            return null;
        }
        Window window = Window.of(node, node.integers("kernel_shape")).resolved(PoolOps.spatial(x));
        boolean fits = window.rank() == 2
                && y.numel() > 0
                && isTaken(window)
                && window.outputs(0, x.size(2)) == y.size(2)
                && window.outputs(1, x.size(3)) == y.size(3)
                && window.kernel()[0] * window.kernel()[1] > 1
                && window.kernel()[0] * window.kernel()[1] <= MAX_TAPS;
        Optional<Arranged> from = Arranged.of(Strided.of(x).permuted(CHANNELS_LAST), false, at.memory());
        if (!fits || from.isEmpty()) {
            return null;
        }
        Strided to = Strided.of(y).permuted(CHANNELS_LAST);
        if (to.isRowMajor()) {
            return from.get().before(largest(from.get().operand(), window, to.segment()));
        }
        MemorySegment room = at.memory().apply(y.numel() * Float.BYTES);
        return RowCopy.of(Strided.dense(room.address(), to.sizes(), Float.BYTES), to)
                .map(copy -> from.get()
                        .before(largest(from.get().operand(), window, room).then(copy)))
                .orElse(null);
    }

    /// XNNPACK takes the nearest pixel in place of padding: right as long as that one is in the window too.
    private static boolean isTaken(Window window) {
        boolean taken = window.isPadding() && !(window.isPadded() && window.isDilated());
        for (int i = 0; i < window.rank(); i++) {
            long extent = window.extent(i);
            taken &= window.strides()[i] <= window.kernel()[i]
                    && window.begins()[i] < extent
                    && window.ends()[i] < extent;
        }
        return taken;
    }

    private Kernel largest(Strided x, Window window, MemorySegment y) {
        Threads threads = runtime.threadsForElements(x.elements());
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            XnnRuntime.check((int) Xnnpack.CREATE_MAX_POOLING.invokeExact(
                    (int) window.begins()[0],
                    (int) window.ends()[1],
                    (int) window.ends()[0],
                    (int) window.begins()[1],
                    (int) window.kernel()[0],
                    (int) window.kernel()[1],
                    (int) window.strides()[0],
                    (int) window.strides()[1],
                    (int) window.dilations()[0],
                    (int) window.dilations()[1],
                    Float.NEGATIVE_INFINITY,
                    Float.POSITIVE_INFINITY,
                    runtime.flags(),
                    result));
            return new PointwiseKernels(runtime, at).ready(result.get(ValueLayout.ADDRESS, 0), threads, operator -> {
                reshape(operator, x.sizes(), threads.pool());
                XnnRuntime.check((int) Xnnpack.SETUP_MAX_POOLING.invokeExact(operator, x.segment(), y));
            });
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// @param sizes batch, height, width, channels
    private void reshape(MemorySegment operator, long[] sizes, MemorySegment pool) throws Throwable {
        Tensor y = at.out()[0];
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment height = temporary.allocate(ValueLayout.JAVA_LONG);
            MemorySegment width = temporary.allocate(ValueLayout.JAVA_LONG);
            XnnRuntime.check((int) Xnnpack.RESHAPE_MAX_POOLING.invokeExact(
                    operator, sizes[0], sizes[1], sizes[2], sizes[3], sizes[3], sizes[3], height, width, pool));
            if (height.get(ValueLayout.JAVA_LONG, 0) != y.size(2) || width.get(ValueLayout.JAVA_LONG, 0) != y.size(3)) {
                throw new IllegalStateException("XNNPACK pools to another size than the result has");
            }
        }
    }
}
