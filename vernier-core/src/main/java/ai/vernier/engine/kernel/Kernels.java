package ai.vernier.engine.kernel;

import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.cpu.Xnnpack;
import ai.vernier.engine.op.Activation;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.NormalizationOps;
import ai.vernier.engine.op.Operands;
import ai.vernier.engine.tensor.Kernel;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// The kernels of operators that keep nothing of their own. Whatever has none is computed as in a first run, and its
/// results are copied to their places.
public final class Kernels {
    private static final long SOFTMAX_ALONG_AN_AXIS = 13;
    private static final long PRELU_BROADCASTS = 7;

    private final NodeView node;
    private final Operands at;
    private final XnnRuntime runtime;
    private final PointwiseKernels pointwise;

    private Kernels(NodeView node, Operands at, XnnRuntime runtime) {
        this.node = node;
        this.at = at;
        this.runtime = runtime;
        this.pointwise = new PointwiseKernels(runtime, at);
    }

    /// A kernel for `node` on `operands`; null where there is none for these types and shapes.
    public static @Nullable Kernel find(NodeView node, Operands operands) {
        if (operands.areSomeEmpty()) {
            return null; // such tensors have no address
        }
        Kernel moving = moving(node, operands);
        if (moving != null) {
            return moving;
        }
        Optional<XnnRuntime> runtime = node.xnnpack();
        return runtime.isEmpty() ? null : new Kernels(node, operands, runtime.get()).computing();
    }

    private static @Nullable Kernel moving(NodeView node, Operands at) {
        return switch (node.node().qualifiedType()) {
            case "Reshape", "Flatten", "Squeeze", "Unsqueeze" -> MovingKernels.reshaped(at);
            case "Concat" -> MovingKernels.concatenated(node, at);
            case "Gather" -> MovingKernels.gathered(node, at);
            case "ScatterND" -> MovingKernels.scattered(node, at);
            case "Pad" -> MovingKernels.padded(node, at);
            default -> null;
        };
    }

    private @Nullable Kernel computing() {
        return switch (node.node().qualifiedType()) {
            case "Add" -> pointwise.binary(Xnnpack.ADD, 0, 1);
            case "Sub" -> pointwise.binary(Xnnpack.SUBTRACT, 0, 1);
            case "Mul" -> pointwise.binary(Xnnpack.MULTIPLY, 0, 1);
            case "Div" -> pointwise.binary(Xnnpack.DIVIDE, 0, 1);
            case "PRelu" -> node.opset() < PRELU_BROADCASTS ? null : pointwise.binary(Xnnpack.PRELU, 0, 1);
            case "Pow" -> power();
            case "Sqrt" -> pointwise.squareRoot(false);
            case "Exp" -> pointwise.unary(Xnnpack.EXPONENTIAL);
            case "Sigmoid" -> pointwise.unary(Xnnpack.SIGMOID);
            case "Tanh" -> pointwise.unary(Xnnpack.TANH);
            case "Abs" -> pointwise.unary(Xnnpack.ABSOLUTE);
            case "Neg" -> pointwise.negative();
            case "LeakyRelu", "Relu", "Clip" -> activated();
            default -> reducing();
        };
    }

    private @Nullable Kernel reducing() {
        return switch (node.node().qualifiedType()) {
            case "ReduceSum" -> ReductionKernels.along(node, at, false);
            case "ReduceMean" -> ReductionKernels.along(node, at, true);
            case "GlobalAveragePool" -> ReductionKernels.spatialMeans(at);
            case "AveragePool" -> PoolKernels.isGlobal(node, at) ? ReductionKernels.spatialMeans(at) : null;
            case "MaxPool" -> new PoolKernels(runtime, at).largest(node);
            case "Softmax" ->
                SoftmaxKernel.of(at, pointwise, node.integer("axis", node.opset() < SOFTMAX_ALONG_AN_AXIS ? 1 : -1));
            case "BatchNormalization" ->
                at.out().length > 1 || node.flag("training_mode", false) || !node.flag("spatial", true)
                        ? null
                        : pointwise.normalized(NormalizationOps.epsilon(node));
            default -> null;
        };
    }

    /// Constant slopes and bounds, as far as XNNPACK takes them.
    private @Nullable Kernel activated() {
        return switch (Activation.of(node).orElse(new Activation.None())) {
            case Activation.LeakyRelu(double slope) -> pointwise.unary(Xnnpack.LEAKY_RELU, (float) slope);
            case Activation.Relu() -> pointwise.unary(Xnnpack.CLAMP, 0, Float.POSITIVE_INFINITY);
            case Activation.Clamp(double min, double max) -> pointwise.unary(Xnnpack.CLAMP, (float) min, (float) max);
            case Activation.None(),
                    Activation.Sigmoid(),
                    Activation.Tanh(),
                    Activation.Swish(),
                    Activation.HardSwish() -> null;
        };
    }

    /// Squares and square roots.
    private @Nullable Kernel power() {
        Tensor exponent = at.in(1);
        if (!at.isConstant(1)
                || exponent.numel() != 1
                || exponent.dim() > at.in(0).dim()) {
            return null;
        }
        double value = exponent.item().toDouble();
        if (value == 2) {
            return pointwise.binary(Xnnpack.MULTIPLY, 0, 0);
        }
        return value == 0.5 ? pointwise.squareRoot(true) : null;
    }
}
