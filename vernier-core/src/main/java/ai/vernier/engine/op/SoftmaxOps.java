package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Softmax, its logarithm and its limit. Before opset 13 the input is seen as a matrix, split at `axis`
/// (default 1); since then they work along one axis (default −1).
final class SoftmaxOps {
    private SoftmaxOps() {}

    @FunctionalInterface
    interface Softmax {
        Tensor apply(Tensor x, long axis);
    }

    static void register(OpTable ops) {
        softmax(ops, "Softmax", torch::softmax);
        softmax(ops, "LogSoftmax", torch::log_softmax);
        softmax(ops, "Hardmax", SoftmaxOps::hardmax);
    }

    private static void softmax(OpTable ops, String type, Softmax formula) {
        ops.add(type, 1, (node, in) -> onRows(in.at(0), node.integer("axis", 1), formula));
        ops.add(type, 13, (node, in) -> formula.apply(in.at(0), node.integer("axis", -1)));
    }

    static Tensor onRows(Tensor x, long given, Softmax formula) {
        long axis = given < 0 ? given + x.dim() : given;
        if (axis == x.dim() - 1) {
            return formula.apply(x, axis);
        }
        long columns = LongStream.range(axis, x.dim()).map(x::size).reduce(1, (a, b) -> a * b);
        long rows = LongStream.range(0, axis).map(x::size).reduce(1, (a, b) -> a * b);
        return formula.apply(x.reshape(rows, columns), 1).reshape(HostTransfer.sizes(x));
    }

    /// One at the first of the largest elements, zero elsewhere.
    private static Tensor hardmax(Tensor x, long axis) {
        if (x.numel() == 0) {
            return x;
        }
        Tensor largest = torch.argmax(x, new LongOptional(axis), true);
        return torch.scatter(torch.zeros_like(x), axis, largest, new Scalar(1));
    }
}
