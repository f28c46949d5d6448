package ai.vernier.engine.op;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// Activation functions.
final class ActivationOps {
    private ActivationOps() {}

    static void register(OpTable ops) {
        ops.add("Relu", 1, (_, in) -> torch.relu(in.at(0)));
        ops.add("Sigmoid", 1, (_, in) -> torch.sigmoid(in.at(0)));
        ops.add("Tanh", 1, (_, in) -> torch.tanh(in.at(0)));
        ops.add("LeakyRelu", 1, (node, in) -> torch.leaky_relu(in.at(0), scalar(node.real("alpha", 0.01))));
        ops.add("Elu", 1, (node, in) -> elu(in.at(0), node.real("alpha", 1), 1));
        ops.add("Selu", 1, (node, in) -> {
            double alpha = node.real("alpha", 1.6732631921768188);
            return elu(in.at(0), alpha, node.real("gamma", 1.0507010221481323));
        });
        ops.add("Celu", 1, (node, in) -> torch.celu(in.at(0), scalar(node.real("alpha", 1))));
        ops.add("Softplus", 1, (_, in) -> torch.softplus(in.at(0)));
        ops.add("Softsign", 1, (_, in) -> in.at(0).div(torch.abs(in.at(0)).add(scalar(1))));
        ops.add("ThresholdedRelu", 1, (node, in) -> {
            Tensor x = in.at(0);
            return torch.where(x.gt(scalar(node.real("alpha", 1))), x, scalar(0));
        });
        ops.add("HardSigmoid", 1, (node, in) -> {
            Tensor line = in.at(0).mul(scalar(node.real("alpha", 0.2)));
            line.add_(scalar(node.real("beta", 0.5)));
            line.clamp_(some(0), some(1));
            return line;
        });
        ops.add("HardSwish", 14, (_, in) -> torch.hardswish(in.at(0)));
        ops.add("Gelu", 20, (node, in) -> torch.gelu(in.at(0), node.text("approximate", "none")));
        ops.add("Swish", 24, (node, in) -> swish(in.at(0), node.real("alpha", 1)));
        ops.add("Mish", 18, (_, in) -> torch.mish(in.at(0)));
        ops.add("PRelu", 1, (_, in) -> leaky(in.at(0), perChannel(in.at(1), in.at(0))));
        ops.add("PRelu", 7, (_, in) -> leaky(in.at(0), in.at(1)));
        ops.add("Clip", 1, (node, in) -> clip(node, in.at(0)));
        ops.addOrdered("Clip", 11, (_, in) -> clip(in), (_, in) -> Unsigned64.clipped(in));
    }

    /// x · σ(alpha · x)
    static Tensor swish(Tensor x, double alpha) {
        return alpha == 1 ? torch.silu(x) : x.mul(torch.sigmoid(x.mul(scalar(alpha))));
    }

    private static Tensor elu(Tensor x, double alpha, double scale) {
        return torch.elu(x, scalar(alpha), scalar(scale), scalar(1));
    }

    private static Tensor leaky(Tensor x, Tensor slope) {
        return torch.where(x.lt(scalar(0)), x.mul(slope), x);
    }

    /// Before opset 7 a list of slopes belonged to the channels, the second axis.
    private static Tensor perChannel(Tensor slope, Tensor x) {
        if (slope.numel() == 1 || slope.dim() != 1) {
            return slope;
        }
        long[] shape = Window.filled((int) x.dim(), 1);
        shape[1] = slope.numel();
        return slope.reshape(shape);
    }

    /// Bounds that float32 has and the type of `x` has not are those of the type.
    private static Tensor clip(NodeView node, Tensor x) {
        double greatest = greatest(x);
        double low = Math.max(node.real("min", -Float.MAX_VALUE), -greatest);
        double high = Math.min(node.real("max", Float.MAX_VALUE), greatest);
        return torch.clamp(x, some(low), some(high));
    }

    /// An absent bound is the least or the greatest finite number of the type, so that nothing stays infinite.
    private static Tensor clip(Inputs in) {
        Tensor x = in.at(0);
        if (!x.is_floating_point() && !in.has(1) && !in.has(2)) {
            return x;
        }
        double greatest = greatest(x);
        return torch.clamp(x, bound(in, 1, -greatest), bound(in, 2, greatest));
    }

    private static TensorOptional bound(Inputs in, int index, double otherwise) {
        if (in.has(index)) {
            return new TensorOptional(in.at(index));
        }
        return in.at(0).is_floating_point()
                ? new TensorOptional(
                        torch.full(new long[0], scalar(otherwise), in.at(0).options()))
                : new TensorOptional();
    }

    private static double greatest(Tensor x) {
        return switch (x.scalar_type().intern()) {
            case Double -> Double.MAX_VALUE;
            case Half -> 65504;
            case BFloat16 -> 0x1.FEp127;
            default -> Float.MAX_VALUE;
        };
    }

    static Scalar scalar(double value) {
        return new Scalar(value);
    }

    static ScalarOptional some(double value) {
        return new ScalarOptional(new Scalar(value));
    }
}
