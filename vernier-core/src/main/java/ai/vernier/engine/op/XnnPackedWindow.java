package ai.vernier.engine.op;

import ai.vernier.engine.cpu.Threads;
import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.cpu.Xnnpack;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/// Weights packed by XNNPACK for one window and one pair of bounds, with the shapes that were told last.
///
/// A depthwise convolution goes through all channels of a pixel before the next pixel, and through all its weights each
/// time. Where these exceed the first cache it is cut into slices of channels, which do not know of each other.
final class XnnPackedWindow implements AutoCloseable {
    private static final long WIDEST_DEPTHWISE = 384;
    private static final long SLICE = 256;

    /// Channels that XNNPACK computes at once at most.
    private static final long LANES = 32;

    /// A depthwise product waits for memory, as long as so many of a dense convolution take.
    private static final double DEPTHWISE_COST = 4;

    private final Convolution layer;
    private final Window window;
    private final boolean paired;
    private final XnnRuntime runtime;
    private final List<Slice> slices = new ArrayList<>();
    private long[] input = {};
    private long[] output = {};
    private double work;
    private Threads threads = Threads.CALLER;

    /// @param weight outputs, inputs of a group, height, width
    record Convolution(TensorData weight, @Nullable TensorData bias, int groups) {
        private boolean isDepthwise() {
            return groups > 1 && weight.dim(0) == groups && weight.dim(1) == 1;
        }
    }

    record Bounds(float min, float max) {
        static final Bounds NONE = new Bounds(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
    }

    /// An operator for the channels from `from` on.
    private static final class Slice {
        private final MemorySegment operator;
        private final long from;
        private MemorySegment workspace = MemorySegment.NULL;

        Slice(MemorySegment operator, long from) {
            this.operator = operator;
            this.from = from;
        }
    }

    /// @param paired whether two neighbouring pixels are seen as one, see [PixelPair]
    XnnPackedWindow(Convolution layer, Window window, boolean paired, Bounds bounds, XnnRuntime runtime) {
        this.layer = layer;
        this.window = window;
        this.paired = paired;
        this.runtime = runtime;
        try (PointerScope _ = new PointerScope()) {
            Tensor stored = HostTransfer.toTensor(layer.weight);
            Tensor weight = (paired ? PixelPair.weight(stored, window.strides()[1]) : stored)
                    .contiguous(MemoryFormat.ChannelsLast);
            Tensor bias = layer.bias == null
                    ? null
                    : HostTransfer.toTensor(layer.bias).repeat(paired ? 2 : 1);
            long width = sliceWidth();
            long channels = layer.isDepthwise() ? layer.groups : 1;
            for (long from = 0; from < channels; from += width) {
                slices.add(new Slice(
                        create(weight, bias, bounds, new long[] {from, Math.min(width, channels - from)}), from));
            }
        }
    }

    boolean isPaired() {
        return paired;
    }

    /// Slices in an even number, so that two threads have the same to do; all channels where one slice is best.
    private long sliceWidth() {
        long channels = layer.groups;
        if (!layer.isDepthwise() || channels <= WIDEST_DEPTHWISE) {
            return Math.max(1, channels);
        }
        long count = 2 * ((channels + 2 * SLICE - 1) / (2 * SLICE));
        long width = (channels + count - 1) / count;
        return (width + LANES - 1) / LANES * LANES;
    }

    /// @param range of a depthwise convolution: its first channel and how many there are
    private MemorySegment create(Tensor weight, @Nullable Tensor bias, Bounds bounds, long[] range) {
        long outputs = weight.size(0);
        boolean sliced = layer.isDepthwise();
        int groups = sliced ? (int) range[1] : layer.groups;
        long inputs = layer.weight.dim(1);
        long step = sliced ? layer.groups : inputs * layer.groups;
        MemorySegment none = MemorySegment.NULL;
        long taps = weight.size(2) * weight.size(3);
        MemorySegment kernel =
                MemorySegment.ofAddress(weight.data_ptr().address() + Float.BYTES * (sliced ? range[0] * taps : 0));
        MemorySegment offsets = bias == null
                ? none
                : MemorySegment.ofAddress(bias.data_ptr().address() + Float.BYTES * (sliced ? range[0] : 0));
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            XnnRuntime.check((int) Xnnpack.CREATE_CONVOLUTION.invokeExact(
                    (int) window.begins()[0],
                    (int) window.ends()[1],
                    (int) window.ends()[0],
                    (int) window.begins()[1],
                    (int) weight.size(2),
                    (int) weight.size(3),
                    (int) window.strides()[0],
                    (paired ? 2 : 1) * (int) window.strides()[1],
                    (int) window.dilations()[0],
                    (int) window.dilations()[1],
                    groups,
                    inputs,
                    sliced ? 1 : outputs / groups,
                    step,
                    outputs,
                    kernel,
                    offsets,
                    bounds.min,
                    bounds.max,
                    runtime.flags(),
                    none,
                    none,
                    result));
            return result.get(ValueLayout.ADDRESS, 0);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// Sizes of the result for an input of `sizes`: batch, channels, height, width.
    long[] outputFor(long[] sizes) {
        if (!Arrays.equals(sizes, input)) {
            input = new long[0]; // until all slices know the new sizes, none of them may run
            output = new long[] {sizes[0], layer.weight.dim(0), window.outputs(0, sizes[2]), window.outputs(1, sizes[3])
            };
            double products = (double) layer.weight.elementCount() * output[0] * output[2] * output[3];
            work = layer.isDepthwise() ? DEPTHWISE_COST * products : products;
            threads = slices.size() == 1 ? runtime.threadsFor(work) : Threads.CALLER;
            slices.forEach(slice -> reshape(slice, sizes));
            input = sizes.clone();
        }
        return output;
    }

    private void reshape(Slice slice, long[] sizes) {
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment answers = temporary.allocate(ValueLayout.JAVA_LONG, 4);
            XnnRuntime.check((int) Xnnpack.RESHAPE_CONVOLUTION.invokeExact(
                    slice.operator,
                    sizes[0],
                    sizes[2],
                    sizes[3],
                    answers,
                    answers.asSlice(8),
                    answers.asSlice(16),
                    answers.asSlice(24),
                    threads.pool()));
            requireOutput(answers.get(ValueLayout.JAVA_LONG, 16), answers.get(ValueLayout.JAVA_LONG, 24));
            long workspace = answers.get(ValueLayout.JAVA_LONG, 0);
            if (workspace > slice.workspace.byteSize()) {
                slice.workspace = Arena.ofAuto().allocate(workspace, 64);
            }
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// The memory for the result is as large as [#outputFor] says, so XNNPACK must not mean another size.
    private void requireOutput(long height, long width) {
        if (height != output[2] || (paired ? 2 : 1) * width != output[3]) {
            throw new IllegalStateException("XNNPACK computes %d × %d pixels%s, expected %d × %d"
                    .formatted(height, width, paired ? " in pairs" : "", output[2], output[3]));
        }
    }

    /// Convolves x, of the sizes that were told last, into y, both in channels-last layout.
    void run(MemorySegment x, MemorySegment y) {
        if (slices.size() == 1) {
            run(slices.getFirst(), x, y);
        } else {
            runtime.share(slices.size(), work, i -> run(slices.get(i), x, y));
        }
    }

    private void run(Slice slice, MemorySegment x, MemorySegment y) {
        long skipped = Float.BYTES * slice.from;
        try {
            XnnRuntime.check((int) Xnnpack.SETUP_CONVOLUTION.invokeExact(
                    slice.operator,
                    slice.workspace,
                    MemorySegment.ofAddress(x.address() + skipped),
                    MemorySegment.ofAddress(y.address() + skipped)));
            runtime.run(slice.operator, threads);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    @Override
    public void close() {
        slices.forEach(slice -> XnnRuntime.delete(slice.operator));
    }
}
