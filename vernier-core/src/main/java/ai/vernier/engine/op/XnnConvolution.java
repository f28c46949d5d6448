package ai.vernier.engine.op;

import ai.vernier.onnx.TensorData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A two-dimensional convolution on XNNPACK: weights packed once, the results clamped before they are stored, other
/// activations and the residual applied to them in place.
///
/// XNNPACK may read 16 bytes beyond the input; glibc's heap always has that much mapped behind a block.
final class XnnConvolution implements PackedConvolution {
    private final TensorData weight;
    private final @Nullable TensorData bias;
    private final Activation activation;
    private final int groups;
    private final XnnRuntime runtime;
    private final TensorOptions options = OneDnn.kept(new TensorOptions(ScalarType.Float));
    private final MemoryFormatOptional layout = OneDnn.kept(new MemoryFormatOptional(MemoryFormat.ChannelsLast));
    private @Nullable Window window;
    private @Nullable Packed plain;
    private @Nullable Packed clamped;

    XnnConvolution(
            TensorData weight, @Nullable TensorData bias, Activation activation, long groups, XnnRuntime runtime) {
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
        this.groups = Math.toIntExact(groups);
        this.runtime = runtime;
    }

    /// An operator of XNNPACK and the shapes that it has last been told.
    private static final class Packed {
        private final MemorySegment operator;
        private final boolean paired;
        private long[] input = {};
        private long[] output = {};
        private MemorySegment workspace = MemorySegment.NULL;

        Packed(MemorySegment operator, boolean paired) {
            this.operator = operator;
            this.paired = paired;
        }
    }

    @Override
    public void use(Window wanted) {
        if (window == null || !window.sameSteps(wanted)) {
            release();
            window = wanted;
        }
    }

    @Override
    public Tensor run(Tensor input, @Nullable Tensor residual) {
        Tensor x = input.contiguous(MemoryFormat.ChannelsLast);
        boolean clamps = residual == null && fusesActivation();
        Packed packed = packedFor(x, clamps);
        try {
            Tensor y = convolve(packed, x);
            if (clamps) {
                return y;
            }
            if (residual != null) {
                add(y, residual);
            }
            return activate(y);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    private Tensor convolve(Packed packed, Tensor x) throws Throwable {
        long[] sizes = HostTransfer.sizes(x);
        if (!Arrays.equals(sizes, packed.input)) {
            reshape(packed, sizes);
        }
        Tensor y = torch.empty(packed.output, options, layout);
        XnnRuntime.check(
                (int) Xnnpack.SETUP_CONVOLUTION.invokeExact(packed.operator, packed.workspace, XnnRuntime.address(x), XnnRuntime.address(y)));
        runtime.run(packed.operator, runtime.pool());
        return y;
    }

    private void add(Tensor y, Tensor residual) {
        Tensor other = residual.contiguous(MemoryFormat.ChannelsLast);
        runtime.add(XnnRuntime.address(y), XnnRuntime.address(other), y.numel());
    }

    private Tensor activate(Tensor y) {
        if (activation instanceof Activation.Swish) {
            runtime.swish(XnnRuntime.address(y), y.numel());
            return y;
        }
        return activation.applyTo(y);
    }

    private boolean fusesActivation() {
        return activation instanceof Activation.Relu || activation instanceof Activation.Clamp;
    }

    private Packed packedFor(Tensor x, boolean clamps) {
        Window at = window;
        if (at == null) {
            throw new IllegalStateException("no window in use");
        }
        boolean pair = PixelPair.pays(at, weight.dim(0), groups, at.outputs(1, x.size(3)));
        Packed known = clamps ? clamped(at, pair) : plain(at, pair);
        if (known.paired == pair) {
            return known;
        }
        release();
        return clamps ? clamped(at, pair) : plain(at, pair);
    }

    private Packed plain(Window at, boolean pair) {
        Packed known = plain;
        if (known == null) {
            known = pack(at, pair, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
            plain = known;
        }
        return known;
    }

    private Packed clamped(Window at, boolean pair) {
        Packed known = clamped;
        if (known == null) {
            known = activation instanceof Activation.Clamp(double min, double max)
                    ? pack(at, pair, (float) min, (float) max)
                    : pack(at, pair, 0, Float.POSITIVE_INFINITY);
            clamped = known;
        }
        return known;
    }

    private Packed pack(Window at, boolean pair, float min, float max) {
        int pixels = pair ? 2 : 1;
        long outputs = pixels * weight.dim(0);
        long inputs = weight.dim(1);
        MemorySegment none = MemorySegment.NULL;
        try (Arena temporary = Arena.ofConfined();
                PointerScope _ = new PointerScope()) {
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            Tensor stored = HostTransfer.toTensor(weight);
            Tensor dense =
                    (pair ? PixelPair.weight(stored, at.strides()[1]) : stored).contiguous(MemoryFormat.ChannelsLast);
            MemorySegment offsets =
                    bias == null ? none : XnnRuntime.address(HostTransfer.toTensor(bias).repeat(pixels));
            XnnRuntime.check((int) Xnnpack.CREATE_CONVOLUTION.invokeExact(
                    (int) at.begins()[0],
                    (int) at.ends()[1],
                    (int) at.ends()[0],
                    (int) at.begins()[1],
                    (int) weight.dim(2),
                    (int) dense.size(3),
                    (int) at.strides()[0],
                    pixels * (int) at.strides()[1],
                    (int) at.dilations()[0],
                    (int) at.dilations()[1],
                    groups,
                    inputs,
                    outputs / groups,
                    inputs * groups,
                    outputs,
                    XnnRuntime.address(dense),
                    offsets,
                    min,
                    max,
                    runtime.flags(),
                    none,
                    none,
                    result));
            return new Packed(result.get(ValueLayout.ADDRESS, 0), pair);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// @param sizes batch, channels, height, width
    private void reshape(Packed packed, long[] sizes) throws Throwable {
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment answers = temporary.allocate(ValueLayout.JAVA_LONG, 4);
            XnnRuntime.check((int) Xnnpack.RESHAPE_CONVOLUTION.invokeExact(
                    packed.operator,
                    sizes[0],
                    sizes[2],
                    sizes[3],
                    answers,
                    answers.asSlice(8),
                    answers.asSlice(16),
                    answers.asSlice(24),
                    runtime.pool()));
            long workspace = answers.get(ValueLayout.JAVA_LONG, 0);
            packed.workspace =
                    workspace == 0 ? MemorySegment.NULL : Arena.ofAuto().allocate(workspace, 64);
            packed.input = sizes;
            packed.output = new long[] {
                sizes[0],
                weight.dim(0),
                answers.get(ValueLayout.JAVA_LONG, 16),
                (packed.paired ? 2 : 1) * answers.get(ValueLayout.JAVA_LONG, 24)
            };
        }
    }

    private void release() {
        for (Packed packed : new @Nullable Packed[] {plain, clamped}) {
            if (packed != null) {
                XnnRuntime.delete(packed.operator);
            }
        }
        plain = null;
        clamped = null;
    }

    @Override
    public void close() {
        release();
        options.close();
        layout.close();
    }
}
