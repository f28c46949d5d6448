package ai.vernier.engine.op;

import ai.vernier.engine.cpu.OneDnn;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Set;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A convolution, with whatever of batch normalization, residual sum and activation has been fused into it:
///
///     y = activation(conv(x, W', b') + residual)
///
/// Inputs: x, W, b, residual. Constant float weights are packed for XNNPACK (or else oneDNN) on the CPU, activations in
/// channels-last layout; everything else goes through LibTorch's own convolution.
public final class ConvolutionOp implements BoundOp {
    private static final int RESIDUAL = 3;

    private final @Nullable Weights weights;
    private final @Nullable Window fixedWindow;
    private final NodeView node;
    private final Activation activation;
    private final long groups;
    private @Nullable PackedConvolution packed;
    private @Nullable Tensor denseWeight;
    private @Nullable Tensor denseBias;

    /// Constant weights, batch normalization folded in.
    private record Weights(TensorData weight, @Nullable TensorData bias) {}

    private ConvolutionOp(NodeView node, @Nullable Weights weights, Activation activation) {
        this(node, weights, activation, weights == null ? null : Window.of(node, spatial(weights.weight.dims())));
    }

    private ConvolutionOp(
            NodeView node, @Nullable Weights weights, Activation activation, @Nullable Window fixedWindow) {
        this.node = node;
        this.weights = weights;
        this.activation = activation;
        this.groups = node.integer("group", 1);
        this.fixedWindow = fixedWindow;
    }

    /// A convolution by constants over `window`, in place of `node`, whose inputs 1 and 2 it takes in.
    static ConvolutionOp of(NodeView node, TensorData weight, @Nullable TensorData bias, Window window) {
        return new ConvolutionOp(node, new Weights(weight, bias), new Activation.None(), window);
    }

    /// Whether the weights of `conv` are constant floats, so that a batch normalization can be folded into them.
    public static boolean hasConstantWeights(NodeView conv) {
        boolean biasFits = conv.node().input(2).isEmpty() || conv.constant(2).isPresent();
        return biasFits
                && conv.constant(1)
                        .filter(weight -> weight.dataType() == DataType.FLOAT)
                        .isPresent();
    }

    /// Binds `conv`, followed by `batchNormalization` (whose parameters must be constant) and `activation`.
    public static ConvolutionOp bind(NodeView conv, @Nullable NodeView batchNormalization, Activation activation) {
        if (!hasConstantWeights(conv)) {
            return new ConvolutionOp(conv, null, activation);
        }
        TensorData weight = conv.constant(1).orElseThrow();
        TensorData bias = conv.constant(2).orElse(null);
        if (batchNormalization != null) {
            FoldedBatchNormalization folded = FoldedBatchNormalization.of(weight, bias, batchNormalization);
            return new ConvolutionOp(conv, new Weights(folded.weight(), folded.bias()), activation);
        }
        return new ConvolutionOp(conv, new Weights(weight, bias), activation);
    }

    @Override
    public Set<Integer> absorbedInputs() {
        return weights == null ? Set.of() : Set.of(1, 2);
    }

    @Override
    public Tensor[] run(Inputs in) {
        Tensor x = in.at(0);
        Tensor residual = in.orNull(RESIDUAL);
        boolean flat = x.dim() == 3;
        Tensor y = flat
                ? compute(in, x.unsqueeze(2), residual == null ? null : residual.unsqueeze(2), true)
                        .squeeze(2)
                : compute(in, x, residual, false);
        return new Tensor[] {y};
    }

    @Override
    public @Nullable Kernel kernel(Operands operands) {
        Inputs in = new Inputs(operands.in(), operands.known(), null);
        boolean flat = in.at(0).dim() == 3;
        Tensor x = flat ? in.at(0).unsqueeze(2) : in.at(0);
        Tensor residual = in.orNull(RESIDUAL);
        Tensor other = flat && residual != null ? residual.unsqueeze(2) : residual;
        Tensor y = flat ? operands.out()[0].unsqueeze(2) : operands.out()[0];
        if (weights == null || x.dim() != 4 || weights.weight.rank() != in.at(0).dim()) {
            return null;
        }
        Window window = window(in, flat).resolved(spatial(HostTransfer.sizes(x)));
        boolean suits = (window.isSymmetric() || node.xnnpack().isPresent()) && packs(x, other, window);
        return suits ? packed(weights, window, flat).kernel(x, other, y, operands) : null;
    }

    private Tensor compute(Inputs in, Tensor input, @Nullable Tensor residual, boolean flat) {
        if (input.dim() < 3
                || (weights != null && weights.weight.rank() != in.at(0).dim())) {
            throw new IllegalArgumentException("the ranks of input and weights do not go together");
        }
        Window window = window(in, flat).resolved(spatial(HostTransfer.sizes(input)));
        Tensor x = input;
        if (!window.isSymmetric() && !(node.xnnpack().isPresent() && packs(x, residual, window))) {
            x = Padding.padSpatial(x, window.begins(), window.ends(), 0);
            window = window.unpadded();
        }
        if (weights != null && packs(x, residual, window)) {
            return packed(weights, window, flat).run(x, residual);
        }
        return portable(in, x, residual, window, flat);
    }

    private boolean packs(Tensor x, @Nullable Tensor residual, Window window) {
        return weights != null
                && activation.isOrdinary()
                && isPackable(x)
                && window.isPadding()
                && isConsistent(weights, x, window)
                && fits(residual, x, window);
    }

    private boolean isPackable(Tensor x) {
        return x.dim() == 4
                && x.scalar_type().intern() == ScalarType.Float
                && !x.is_cuda()
                && x.numel() > 0
                && (node.xnnpack().isPresent() || OneDnn.available());
    }

    /// Kernels for packed weights trust the shapes; the portable way checks them and says what is wrong.
    private boolean isConsistent(Weights constants, Tensor x, Window window) {
        long outputs = constants.weight.dim(0);
        boolean weightFits = constants.weight.elementCount() > 0
                && groups > 0
                && outputs % groups == 0
                && constants.weight.dim(1) * groups == x.size(1);
        boolean biasFits = constants.bias == null
                || (constants.bias.rank() == 1
                        && constants.bias.elementCount() == outputs
                        && constants.bias.dataType() == DataType.FLOAT);
        return weightFits && biasFits && window.outputs(0, x.size(2)) > 0 && window.outputs(1, x.size(3)) > 0;
    }

    /// Whether the residual has the shape of the result, so that it needs no broadcasting.
    private boolean fits(@Nullable Tensor residual, Tensor x, Window window) {
        return residual == null
                || (weights != null
                        && residual.dim() == 4
                        && residual.size(0) == x.size(0)
                        && residual.size(1) == weights.weight.dim(0)
                        && residual.size(2) == window.outputs(0, x.size(2))
                        && residual.size(3) == window.outputs(1, x.size(3)));
    }

    private Window window(Inputs in, boolean flat) {
        Window window = fixedWindow != null ? fixedWindow : Window.of(node, spatial(HostTransfer.sizes(in.at(1))));
        return flat ? window.lifted() : window;
    }

    private PackedConvolution packed(Weights constants, Window window, boolean flat) {
        PackedConvolution known = packed;
        if (known == null) {
            TensorData weight = flat ? lifted(constants.weight) : constants.weight;
            known = node.xnnpack()
                    .<PackedConvolution>map(on -> new XnnConvolution(
                            new XnnPackedWindow.Convolution(weight, constants.bias, Math.toIntExact(groups)),
                            activation,
                            on))
                    .orElseGet(() -> new OneDnnConvolution(weight, constants.bias, activation, groups));
            packed = known;
        }
        known.use(window);
        return known;
    }

    private static TensorData lifted(TensorData weight) {
        long[] dims = weight.dims();
        return weight.reshaped(dims[0], dims[1], 1, dims[2]);
    }

    private Tensor portable(Inputs in, Tensor x, @Nullable Tensor residual, Window window, boolean flat) {
        Tensor weight = weight(in, x);
        Tensor shaped = flat ? weight.unsqueeze(2) : weight;
        Tensor y = torch.convolution(
                x,
                shaped,
                NormalizationOps.some(bias(in, x)),
                window.strides(),
                window.begins(),
                window.dilations(),
                false,
                Window.filled(window.rank(), 0),
                groups);
        return activation.applyTo(residual == null ? y : y.add(residual));
    }

    private Tensor weight(Inputs in, Tensor like) {
        if (weights == null) {
            return in.at(1);
        }
        Tensor known = denseWeight;
        if (known == null) {
            known = dense(weights.weight, like);
            denseWeight = known;
        }
        return known;
    }

    private @Nullable Tensor bias(Inputs in, Tensor like) {
        if (weights == null) {
            return in.orNull(2);
        }
        if (denseBias == null && weights.bias != null) {
            denseBias = dense(weights.bias, like);
        }
        return denseBias;
    }

    private static Tensor dense(TensorData data, Tensor like) {
        TensorOptions options = like.options();
        return OneDnn.kept(HostTransfer.toTensor(data).to(options, false, false, new MemoryFormatOptional()));
    }

    private static long[] spatial(long[] dims) {
        return dims.length < 2 ? new long[0] : Arrays.copyOfRange(dims, 2, dims.length);
    }

    @Override
    public void close() {
        if (packed != null) {
            packed.close();
        }
        if (denseWeight != null) {
            denseWeight.close();
        }
        if (denseBias != null) {
            denseBias.close();
        }
    }
}
