package ai.vernier.engine.op;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// The kernels of operators that keep nothing of their own. Whatever has none is computed as in a first run, and its
/// results are copied to their places.
public final class Kernels {
    private Kernels() {}

    /// A kernel for `node` on `operands`; null where there is none for these types and shapes.
    public static @Nullable Kernel find(NodeView node, Operands operands) {
        Kernel moving = moving(node, operands);
        if (moving != null) {
            return moving;
        }
        Optional<XnnRuntime> runtime = node.xnnpack();
        return runtime.isEmpty() ? null : pointwise(node, operands, new PointwiseKernels(runtime.get(), operands));
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

    private static @Nullable Kernel pointwise(NodeView node, Operands at, PointwiseKernels kernels) {
        return switch (node.node().qualifiedType()) {
            case "Add" -> binary(at, kernels, Xnnpack.ADD);
            case "Sub" -> binary(at, kernels, Xnnpack.SUBTRACT);
            case "Mul" -> binary(at, kernels, Xnnpack.MULTIPLY);
            case "Div" -> binary(at, kernels, Xnnpack.DIVIDE);
            case "PRelu" -> node.opset() < 7 ? null : binary(at, kernels, Xnnpack.PRELU);
            case "Pow" -> power(at, kernels);
            case "Sqrt" -> kernels.unary(Xnnpack.SQUARE_ROOT);
            case "Exp" -> kernels.unary(Xnnpack.EXPONENTIAL);
            case "Sigmoid" -> kernels.unary(Xnnpack.SIGMOID);
            case "Tanh" -> kernels.unary(Xnnpack.TANH);
            case "Abs" -> kernels.unary(Xnnpack.ABSOLUTE);
            case "Neg" -> kernels.unary(Xnnpack.NEGATE);
            case "LeakyRelu" -> kernels.unary(Xnnpack.LEAKY_RELU, (float) node.real("alpha", 0.01));
            case "Relu" -> kernels.unary(Xnnpack.CLAMP, 0, Float.POSITIVE_INFINITY);
            default -> null;
        };
    }

    private static @Nullable Kernel binary(Operands at, PointwiseKernels kernels, int function) {
        return kernels.binary(function, at.in(0), at.isConstant(0), at.in(1), at.isConstant(1));
    }

    /// Squares and square roots.
    private static @Nullable Kernel power(Operands at, PointwiseKernels kernels) {
        Tensor exponent = at.in(1);
        if (!at.isConstant(1)
                || exponent.numel() != 1
                || exponent.dim() > at.in(0).dim()) {
            return null;
        }
        double value = exponent.item().toDouble();
        if (value == 2) {
            return kernels.binary(Xnnpack.MULTIPLY, at.in(0), at.isConstant(0), at.in(0), at.isConstant(0));
        }
        return value == 0.5 ? kernels.unary(Xnnpack.SQUARE_ROOT) : null;
    }
}
