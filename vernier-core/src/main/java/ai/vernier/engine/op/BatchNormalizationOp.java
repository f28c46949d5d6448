package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// BatchNormalization: y = (x − mean) / √(var + ε) · scale + bias, the statistics given or, in training,
/// those of the batch. Inputs: x, scale, bias, mean, var.
///
/// Before opset 14 training is asked for by asking for the statistics as outputs, before opset 9 `spatial
/// = 0` keeps them per element instead of per channel.
final class BatchNormalizationOp {
    private static final long SINCE_TRAINING_MODE = 14;

    private BatchNormalizationOp() {}

    static BoundOp of(NodeView node) {
        boolean training = node.opset() < SINCE_TRAINING_MODE ? node.wantsOutput(1) : node.flag("training_mode", false);
        boolean perChannel = node.flag("spatial", true);
        if (training) {
            return in -> trained(node, in, perChannel);
        }
        return perChannel ? in -> new Tensor[] {inferred(node, in)} : in -> new Tensor[] {perElement(node, in)};
    }

    private static Tensor inferred(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        boolean given = !in.at(3).requires_grad() && !in.at(4).requires_grad(); // LibTorch has no gradient for them
        boolean uniform = given
                && x.scalar_type().intern() == in.at(3).scalar_type().intern()
                && x.scalar_type().intern() == in.at(1).scalar_type().intern();
        if (!uniform) {
            return applied(node, in, new Tensor[] {in.at(3), in.at(4)}, channelShape(x));
        }
        return torch.batch_norm(
                x,
                NormalizationOps.some(in.at(1)),
                NormalizationOps.some(in.at(2)),
                NormalizationOps.some(in.at(3)),
                NormalizationOps.some(in.at(4)),
                false,
                0,
                NormalizationOps.epsilon(node),
                false);
    }

    private static Tensor perElement(NodeView node, Inputs in) {
        return applied(node, in, new Tensor[] {in.at(3), in.at(4)}, HostTransfer.sizes(in.at(3)));
    }

    /// Outputs: y, running mean, running variance, and up to opset 13 the batch's own mean and variance.
    private static Tensor[] trained(NodeView node, Inputs in, boolean perChannel) {
        Tensor x = NormalizationOps.wide(in.at(0));
        long[] axes = LongStream.range(0, x.dim())
                .filter(axis -> axis == 0 || (perChannel && axis != 1))
                .toArray();
        Tensor mean = torch.mean(x, axes, false, new ScalarTypeOptional());
        long[] shape = perChannel ? channelShape(x) : HostTransfer.sizes(mean);
        Tensor centred = x.sub(mean.reshape(shape));
        Tensor variance = torch.mean(centred.mul(centred), axes, false, new ScalarTypeOptional());
        double momentum = node.real("momentum", 0.9);
        Tensor y = applied(node, in, new Tensor[] {mean, variance}, shape);
        return new Tensor[] {y, blended(in.at(3), mean, momentum), blended(in.at(4), variance, momentum), mean, variance
        };
    }

    private static Tensor blended(Tensor running, Tensor batch, double momentum) {
        return running.mul(new Scalar(momentum))
                .add(batch.to(running.scalar_type()).mul(new Scalar(1 - momentum)));
    }

    private static Tensor applied(NodeView node, Inputs in, Tensor[] statistics, long[] shape) {
        Tensor x = NormalizationOps.wide(in.at(0));
        Tensor inverse = torch.rsqrt(statistics[1].to(x.scalar_type()).add(new Scalar(NormalizationOps.epsilon(node))));
        Tensor centred = x.sub(statistics[0].to(x.scalar_type()).reshape(shape));
        Tensor scale = in.at(1).to(x.scalar_type()).mul(inverse.reshape(HostTransfer.sizes(in.at(1))));
        Tensor bias = in.at(2).to(x.scalar_type()).reshape(shape);
        return centred.mul(scale.reshape(shape)).add(bias).to(in.at(0).scalar_type());
    }

    private static long[] channelShape(Tensor x) {
        long[] shape = new long[(int) x.dim()];
        Arrays.fill(shape, 1);
        shape[1] = x.size(1);
        return shape;
    }
}
