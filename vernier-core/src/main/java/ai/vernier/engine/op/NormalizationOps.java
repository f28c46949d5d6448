package ai.vernier.engine.op;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Normalizations and softmax.
final class NormalizationOps {
    private NormalizationOps() {}

    @FunctionalInterface
    private interface Softmax {
        Tensor apply(Tensor x, long axis);
    }

    static void register(OpTable ops) {
        ops.bind("BatchNormalization", 7, NormalizationOps::batchNormalization);
        ops.add("InstanceNormalization", 6, NormalizationOps::instanceNormalization);
        ops.bind("LayerNormalization", 17, NormalizationOps::layerNormalization);
        softmax(ops, "Softmax", torch::softmax);
        softmax(ops, "LogSoftmax", torch::log_softmax);
        softmax(ops, "Hardmax", NormalizationOps::hardmax);
        ops.add("LpNormalization", 1, NormalizationOps::lpNormalization);
    }

    /// y = (x − mean) / √(var + ε) · scale + bias, with the statistics given.
    private static BoundOp batchNormalization(NodeView node) {
        if (node.flag("training_mode", false) || !node.flag("spatial", true)) {
            throw node.unsupported("in training or per-element mode");
        }
        double epsilon = node.real("epsilon", 1e-5);
        return in -> new Tensor[] {
            torch.batch_norm(
                    in.at(0), some(in.at(1)), some(in.at(2)), some(in.at(3)), some(in.at(4)), false, 0, epsilon, false)
        };
    }

    private static Tensor instanceNormalization(NodeView node, Inputs in) {
        TensorOptional none = new TensorOptional();
        double epsilon = node.real("epsilon", 1e-5);
        return torch.instance_norm(in.at(0), some(in.at(1)), some(in.at(2)), none, none, true, 0, epsilon, false);
    }

    private static BoundOp layerNormalization(NodeView node) {
        if (node.wantsOutput(1) || node.wantsOutput(2)) {
            throw node.unsupported("with mean or deviation asked for");
        }
        return in -> {
            Tensor x = in.at(0);
            long axis = node.integer("axis", -1);
            long[] shape = LongStream.range(axis < 0 ? axis + x.dim() : axis, x.dim())
                    .map(x::size)
                    .toArray();
            double epsilon = node.real("epsilon", 1e-5);
            Tensor y = torch.layer_norm(
                    x,
                    shape,
                    some(in.at(1).expand(shape)),
                    some(in.has(2) ? in.at(2).expand(shape) : null),
                    epsilon,
                    false);
            return new Tensor[] {y};
        };
    }

    /// Before opset 13 the input is seen as a matrix, split at `axis` (default 1); since then along one axis (default
    /// −1).
    private static void softmax(OpTable ops, String type, Softmax formula) {
        ops.add(type, 1, (node, in) -> {
            Tensor x = in.at(0);
            long given = node.integer("axis", 1);
            long axis = given < 0 ? given + x.dim() : given;
            if (axis == x.dim() - 1) {
                return formula.apply(x, axis);
            }
            long rows = LongStream.range(0, axis).map(x::size).reduce(1, (a, b) -> a * b);
            return formula.apply(x.reshape(rows, -1), 1).reshape(HostTransfer.sizes(x));
        });
        ops.add(type, 13, (node, in) -> formula.apply(in.at(0), node.integer("axis", -1)));
    }

    /// One at the first of the largest elements, zero elsewhere.
    private static Tensor hardmax(Tensor x, long axis) {
        Tensor largest = torch.argmax(x, new LongOptional(axis), true);
        return torch.scatter(torch.zeros_like(x), axis, largest, new Scalar(1));
    }

    private static Tensor lpNormalization(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] axis = {node.integer("axis", -1)};
        Tensor norm = node.integer("p", 2) == 1
                ? torch.sum(torch.abs(x), axis, true, new ScalarTypeOptional())
                : torch.sqrt(torch.sum(x.mul(x), axis, true, new ScalarTypeOptional()));
        return torch.where(norm.eq(new Scalar(0)), norm, x.div(norm));
    }

    static TensorOptional some(@Nullable Tensor tensor) {
        return tensor == null ? new TensorOptional() : new TensorOptional(tensor);
    }
}
