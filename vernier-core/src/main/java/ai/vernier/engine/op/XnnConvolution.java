package ai.vernier.engine.op;

import ai.vernier.engine.cpu.ChannelsLast;
import ai.vernier.engine.cpu.OneDnn;
import ai.vernier.engine.cpu.XnnBinary;
import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.cpu.XnnUnary;
import ai.vernier.engine.cpu.Xnnpack;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import java.lang.foreign.MemorySegment;
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
    /// Elements to which residual and activation are applied at once, so that the second finds them in the cache.
    private static final long CHUNK = 1 << 15;

    private final XnnPackedWindow.Convolution layer;
    private final Activation activation;
    private final XnnRuntime runtime;
    private final TensorOptions options = OneDnn.kept(new TensorOptions(ScalarType.Float));
    private final MemoryFormatOptional layout = OneDnn.kept(new MemoryFormatOptional(MemoryFormat.ChannelsLast));
    private @Nullable Window window;
    private @Nullable XnnPackedWindow plain;
    private @Nullable XnnPackedWindow clamped;
    private @Nullable XnnBinary sum;
    private @Nullable XnnUnary function;

    XnnConvolution(XnnPackedWindow.Convolution layer, Activation activation, XnnRuntime runtime) {
        this.layer = layer;
        this.activation = activation;
        this.runtime = runtime;
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
        Tensor other = residual == null ? null : residual.contiguous(MemoryFormat.ChannelsLast);
        XnnPackedWindow packed = packedFor(x.size(3), residual == null);
        Tensor y = torch.empty(packed.outputFor(HostTransfer.sizes(x)), options, layout);
        packed.run(XnnRuntime.address(x), XnnRuntime.address(y));
        finish(XnnRuntime.address(y), other == null ? null : XnnRuntime.address(other), y.numel());
        return y;
    }

    @Override
    public @Nullable Kernel kernel(Tensor x, @Nullable Tensor residual, Tensor y, Operands operands) {
        boolean placed = y.is_contiguous(MemoryFormat.ChannelsLast)
                && (residual == null || residual.is_contiguous(MemoryFormat.ChannelsLast));
        boolean direct = x.is_contiguous(MemoryFormat.ChannelsLast);
        if (!placed || !(direct || x.is_contiguous())) {
            return null;
        }
        MemorySegment from = direct ? XnnRuntime.address(x) : operands.memory().apply(x.nbytes());
        Kernel reordering = direct ? () -> {} : ChannelsLast.from(x, from, runtime);
        MemorySegment to = XnnRuntime.address(y);
        MemorySegment other = residual == null ? null : XnnRuntime.address(residual);
        long[] sizes = HostTransfer.sizes(x);
        long elements = y.numel();
        Window own = inUse();
        return () -> {
            reordering.run();
            use(own);
            XnnPackedWindow packed = packedFor(sizes[3], other == null);
            packed.outputFor(sizes);
            packed.run(from, to);
            finish(to, other, elements);
        };
    }

    /// y ← activation(y + residual), unless the convolution has clamped y already.
    private void finish(MemorySegment y, @Nullable MemorySegment residual, long elements) {
        if (residual == null && (fusesActivation() || activation instanceof Activation.None)) {
            return;
        }
        if (residual == null && activation instanceof Activation.Swish) {
            runtime.swish(y, elements);
            return;
        }
        for (long from = 0; from < elements; from += CHUNK) {
            long count = Math.min(CHUNK, elements - from);
            MemorySegment part = MemorySegment.ofAddress(y.address() + Float.BYTES * from);
            if (residual != null) {
                add(part, MemorySegment.ofAddress(residual.address() + Float.BYTES * from), count);
            }
            activate(part, count);
        }
    }

    private void add(MemorySegment y, MemorySegment residual, long elements) {
        XnnBinary known = sum;
        if (known == null) {
            known = new XnnBinary(Xnnpack.ADD, runtime);
            sum = known;
        }
        known.shape(elements, runtime.threadsForElements(elements));
        known.run(y, residual, y);
    }

    private void activate(MemorySegment y, long elements) {
        if (activation instanceof Activation.None) {
            return;
        }
        if (activation instanceof Activation.Swish) {
            runtime.swish(y, elements);
            return;
        }
        XnnUnary known = function;
        if (known == null) {
            known = function(activation, runtime);
            function = known;
        }
        known.shape(XnnUnary.Rows.one(elements), runtime.threadsForElements(elements));
        known.run(y, y);
    }

    private boolean fusesActivation() {
        return activation instanceof Activation.Relu || activation instanceof Activation.Clamp;
    }

    private XnnPackedWindow packedFor(long width, boolean alone) {
        Window at = inUse();
        boolean clamps = alone && fusesActivation();
        boolean pair = PixelPair.pays(at, layer.weight().dim(0), layer.groups(), at.outputs(1, width));
        XnnPackedWindow known = clamps ? clamped : plain;
        if (known != null && known.isPaired() == pair) {
            return known;
        }
        XnnRuntime.close(known);
        XnnPackedWindow fresh = new XnnPackedWindow(layer, at, pair, bounds(clamps), runtime);
        if (clamps) {
            clamped = fresh;
        } else {
            plain = fresh;
        }
        return fresh;
    }

    private Window inUse() {
        Window known = window;
        if (known == null) {
            throw new IllegalStateException("no window in use");
        }
        return known;
    }

    private XnnPackedWindow.Bounds bounds(boolean clamps) {
        if (!clamps) {
            return XnnPackedWindow.Bounds.NONE;
        }
        return activation instanceof Activation.Clamp(double min, double max)
                ? new XnnPackedWindow.Bounds((float) min, (float) max)
                : new XnnPackedWindow.Bounds(0, Float.POSITIVE_INFINITY);
    }

    private void release() {
        XnnRuntime.close(plain);
        XnnRuntime.close(clamped);
        plain = null;
        clamped = null;
    }

    /// XNNPACK's function for an activation other than none and x·σ(x).
    private static XnnUnary function(Activation activation, XnnRuntime runtime) {
        return switch (activation) {
            case Activation.Relu() -> new XnnUnary(Xnnpack.CLAMP, runtime, 0, Float.POSITIVE_INFINITY);
            case Activation.Clamp(double min, double max) ->
                new XnnUnary(Xnnpack.CLAMP, runtime, (float) min, (float) max);
            case Activation.LeakyRelu(double slope) -> new XnnUnary(Xnnpack.LEAKY_RELU, runtime, (float) slope);
            case Activation.Sigmoid() -> new XnnUnary(Xnnpack.SIGMOID, runtime);
            case Activation.Tanh() -> new XnnUnary(Xnnpack.TANH, runtime);
            case Activation.HardSwish() -> new XnnUnary(Xnnpack.HARD_SWISH, runtime);
            case Activation.None(), Activation.Swish() ->
                throw new IllegalArgumentException(activation + " is no function of XNNPACK's");
        };
    }

    @Override
    public void close() {
        release();
        XnnRuntime.close(sum);
        XnnRuntime.close(function);
        options.close();
        layout.close();
    }
}
