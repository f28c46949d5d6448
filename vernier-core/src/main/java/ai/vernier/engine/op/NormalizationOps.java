package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.InvalidInputException;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Normalizations: y = (x − mean) / √(var + ε) · scale + bias, each over its own part of the tensor.
public final class NormalizationOps {
    private NormalizationOps() {}

    static void register(OpTable ops) {
        ops.bind("BatchNormalization", 1, BatchNormalizationOp::of);
        ops.add("InstanceNormalization", 6, NormalizationOps::instanceNormalization);
        ops.addMany("LayerNormalization", 1, NormalizationOps::layerNormalization);
        ops.add("GroupNormalization", 18, NormalizationOps::groupNormalization);
        ops.add("GroupNormalization", 21, NormalizationOps::channelwiseGroupNormalization);
        ops.add("RMSNormalization", 23, (node, in) -> rmsNormalization(node, in)[0]);
        ops.add("LpNormalization", 1, NormalizationOps::lpNormalization);
        ops.add("MeanVarianceNormalization", 9, NormalizationOps::meanVariance);
        ops.add("LRN", 1, NormalizationOps::acrossChannels);
    }

    /// Each channel of each sample by itself: groups of one channel.
    private static Tensor instanceNormalization(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        return torch.group_norm(x, x.size(1), some(in.at(1)), some(in.at(2)), epsilon(node), false);
    }

    public static double epsilon(NodeView node) {
        return node.real("epsilon", 1e-5);
    }

    /// Over the axes from `axis` on. Outputs: y, mean, 1 / √(var + ε), the last two in float.
    private static Tensor[] layerNormalization(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] shape = normalizedShape(x, node.integer("axis", -1));
        Tensor scale = in.at(1).expand(shape);
        Tensor bias = in.has(2) ? in.at(2).expand(shape) : null;
        if (!node.wantsOutput(1) && !node.wantsOutput(2)) {
            return new Tensor[] {torch.layer_norm(x, shape, some(scale), some(bias), epsilon(node), false)};
        }
        Tensor[] parts = standardized(wide(x), normalizedAxes(x, node.integer("axis", -1)), epsilon(node));
        Tensor scaled = parts[0].to(x.scalar_type()).mul(scale);
        return new Tensor[] {
            bias == null ? scaled : scaled.add(bias), parts[1].to(ScalarType.Float), parts[2].to(ScalarType.Float)
        };
    }

    /// (x − mean) / √(var + ε), mean and 1 / √(var + ε), with the variance of the whole population.
    static Tensor[] standardized(Tensor x, long[] axes, double epsilon) {
        Tensor mean = torch.mean(x, axes, true, new ScalarTypeOptional());
        Tensor centred = x.sub(mean);
        Tensor variance = torch.mean(centred.mul(centred), axes, true, new ScalarTypeOptional());
        Tensor inverse = torch.rsqrt(variance.add(new Scalar(epsilon)));
        return new Tensor[] {centred.mul(inverse), mean, inverse};
    }

    static Tensor lastMean(Tensor x) {
        return torch.mean(x, new long[] {-1}, true, new ScalarTypeOptional());
    }

    /// Statistics of 16-bit floats are taken in float, as stash_type says.
    static Tensor wide(Tensor x) {
        return switch (x.scalar_type().intern()) {
            case Half, BFloat16 -> x.to(ScalarType.Float);
            default -> x;
        };
    }

    static long[] normalizedShape(Tensor x, long axis) {
        return LongStream.of(normalizedAxes(x, axis)).map(x::size).toArray();
    }

    private static long[] normalizedAxes(Tensor x, long axis) {
        return LongStream.range(axis < 0 ? axis + x.dim() : axis, x.dim()).toArray();
    }

    /// Opset 18: scale and bias per group.
    private static Tensor groupNormalization(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long groups = node.integer("num_groups", 1);
        long each = x.size(1) / groups;
        Tensor scale = in.at(1).repeat_interleave(each);
        Tensor bias = in.at(2).repeat_interleave(each);
        return torch.group_norm(x, groups, some(scale), some(bias), epsilon(node), false);
    }

    private static Tensor channelwiseGroupNormalization(NodeView node, Inputs in) {
        long groups = node.integer("num_groups", 1);
        return torch.group_norm(in.at(0), groups, some(in.at(1)), some(in.at(2)), epsilon(node), false);
    }

    /// y = x / √(mean(x²) + ε) · scale, and 1 / √(mean(x²) + ε).
    static Tensor[] rmsNormalization(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        Tensor wide = wide(x);
        long[] axes = normalizedAxes(x, node.integer("axis", -1));
        Tensor square = torch.mean(wide.mul(wide), axes, true, new ScalarTypeOptional());
        Tensor inverse = torch.rsqrt(square.add(new Scalar(epsilon(node))));
        return new Tensor[] {wide.mul(inverse).to(x.scalar_type()).mul(in.at(1)), inverse};
    }

    private static Tensor lpNormalization(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] axis = {node.integer("axis", -1)};
        Tensor norm = node.integer("p", 2) == 1
                ? torch.sum(torch.abs(x), axis, true, new ScalarTypeOptional())
                : torch.sqrt(torch.sum(x.mul(x), axis, true, new ScalarTypeOptional()));
        return torch.where(norm.eq(new Scalar(0)), norm, x.div(norm));
    }

    /// y = (x − mean) / (√var + ε) with the specification's ε = 1e-9.
    private static Tensor meanVariance(NodeView node, Inputs in) {
        Tensor x = wide(in.at(0));
        long[] axes = node.integers("axes", new long[] {0, 2, 3});
        Tensor centred = x.sub(torch.mean(x, axes, true, new ScalarTypeOptional()));
        Tensor variance = torch.mean(centred.mul(centred), axes, true, new ScalarTypeOptional());
        return centred.div(torch.sqrt(variance).add(new Scalar(1e-9)))
                .to(in.at(0).scalar_type());
    }

    /// y = x / (bias + alpha / size · Σ x²)^beta, the sum over `size` neighbouring channels.
    private static Tensor acrossChannels(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long size = node.integer("size", 1);
        if (size < 1) {
            throw new InvalidInputException("%s (opset %d): size is %d; expected at least 1"
                    .formatted(node.node().label(), node.opset(), size));
        }
        long all = 2 * x.size(1) + 1; // reaches from each channel to every other
        long window = Math.min(size, all);
        long before = (window - 1) / 2;
        Tensor squares = torch.constant_pad_nd(
                x.mul(x).reshape(x.size(0), 1, x.size(1), -1),
                new long[] {0, 0, before, window - 1 - before},
                new Scalar(0));
        Tensor mean = windowMean(squares, window).reshape(HostTransfer.sizes(x));
        double share = (double) window / size;
        Tensor base = mean.mul(new Scalar(node.real("alpha", 1e-4) * share)).add(new Scalar(node.real("bias", 1)));
        return x.div(torch.pow(base, new Scalar(node.real("beta", 0.75))));
    }

    private static Tensor windowMean(Tensor x, long size) {
        return torch.avg_pool2d(
                x, new long[] {size, 1}, new long[] {1, 1}, new long[] {0, 0}, false, true, new LongOptional());
    }

    static TensorOptional some(@Nullable Tensor tensor) {
        return tensor == null ? new TensorOptional() : new TensorOptional(tensor);
    }
}
