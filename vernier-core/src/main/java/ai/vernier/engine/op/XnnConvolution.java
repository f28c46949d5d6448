package ai.vernier.engine.op;

import ai.vernier.onnx.TensorData;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/// A convolution on XNNPACK. A call costs a third of oneDNN's, which decides for networks of small layers; clamping is
/// applied to the results before they are stored, other activations afterwards in place.
final class XnnConvolution implements PackedConvolution {
    private final TensorData weight;
    private final @Nullable TensorData bias;
    private final Activation activation;
    private final long groups;
    private final OperatorHandle operator = OneDnn.operator("prepacked::conv2d_clamp_run", "");
    private @Nullable Window window;
    private @Nullable IValue plain;
    private @Nullable IValue clamped;

    XnnConvolution(TensorData weight, @Nullable TensorData bias, Activation activation, long groups) {
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
        this.groups = groups;
    }

    /// Whether this LibTorch was built with XNNPACK.
    static boolean available() {
        return Holder.AVAILABLE;
    }

    @Override
    public void use(Window wanted) {
        if (window == null || !window.sameSteps(wanted)) {
            releasePacked();
            window = wanted;
        }
    }

    @Override
    public Tensor run(Tensor input, @Nullable Tensor residual) {
        IValue x = new IValue(input.contiguous(MemoryFormat.ChannelsLast));
        if (residual == null && fusesActivation()) {
            return OneDnn.call(operator, x, clamped());
        }
        Tensor y = OneDnn.call(operator, x, plain());
        if (residual != null) {
            y.add_(residual);
        }
        return activation.applyTo(y);
    }

    private boolean fusesActivation() {
        return activation instanceof Activation.Relu || activation instanceof Activation.Clamp;
    }

    private IValue plain() {
        IValue known = plain;
        if (known == null) {
            known = pack(OneDnn.none(), OneDnn.none());
            plain = known;
        }
        return known;
    }

    private IValue clamped() {
        IValue known = clamped;
        if (known == null) {
            known = activation instanceof Activation.Clamp(double min, double max)
                    ? pack(new IValue(min), new IValue(max))
                    : pack(new IValue(0.0), OneDnn.none());
            clamped = known;
        }
        return known;
    }

    private IValue pack(IValue min, IValue max) {
        Window at = window;
        if (at == null) {
            throw new IllegalStateException("no window in use");
        }
        OperatorHandle prepack = OneDnn.operator("prepacked::conv2d_clamp_prepack", "");
        IValue[] geometry = {
            OneDnn.integers(at.strides()),
            OneDnn.integers(at.begins()),
            OneDnn.integers(at.dilations()),
            OneDnn.integer(groups)
        };
        IValue b = bias == null ? OneDnn.none() : new IValue(HostTransfer.toTensor(bias));
        IValue w = new IValue(HostTransfer.toTensor(weight));
        IValue packed =
                OneDnn.callForValue(prepack, w, b, geometry[0], geometry[1], geometry[2], geometry[3], min, max);
        for (IValue value : geometry) {
            value.close();
        }
        prepack.close();
        return packed;
    }

    private void releasePacked() {
        if (plain != null) {
            plain.close();
            plain = null;
        }
        if (clamped != null) {
            clamped.close();
            clamped = null;
        }
    }

    @Override
    public void close() {
        releasePacked();
        operator.close();
    }

    private static final class Holder {
        static final boolean AVAILABLE = prepare();

        /// LibTorch shall not keep the weights that it has packed.
        private static boolean prepare() {
            torch.globalContext().setReleaseWeightsWhenPrepacking(true);
            return Context.isXNNPACKAvailable();
        }
    }
}
