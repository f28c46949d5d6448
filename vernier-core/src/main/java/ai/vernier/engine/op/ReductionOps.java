package ai.vernier.engine.op;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Reductions over axes; the axes are an attribute in older opsets and an input in newer ones.
final class ReductionOps {
    private ReductionOps() {}

    @FunctionalInterface
    private interface Reduction {
        Tensor apply(Tensor x, long[] axes, boolean keep);
    }

    static void register(OpTable ops) {
        reduction(ops, "ReduceSum", ReductionOps::sum);
        reduction(ops, "ReduceMean", ReductionOps::mean);
        reduction(ops, "ReduceMax", ReductionOps::max);
        reduction(ops, "ReduceMin", ReductionOps::min);
        reduction(ops, "ReduceProd", ReductionOps::product);
        reduction(ops, "ReduceL1", (x, axes, keep) -> sum(torch.abs(x), axes, keep));
        reduction(ops, "ReduceL2", (x, axes, keep) -> torch.sqrt(sum(x.mul(x), axes, keep)));
        reduction(ops, "ReduceSumSquare", (x, axes, keep) -> sum(x.mul(x), axes, keep));
        reduction(ops, "ReduceLogSum", (x, axes, keep) -> torch.log(sum(x, axes, keep)));
        reduction(ops, "ReduceLogSumExp", torch::logsumexp);
        ops.add("ArgMax", 1, (node, in) -> argMax(node, in.at(0)));
        ops.add("ArgMin", 1, (node, in) -> argMax(node, torch.neg(in.at(0))));
        ops.add("CumSum", 11, (node, in) -> cumulativeSum(node, in));
        ops.addMany("TopK", 1, (node, in) -> topK(node, in.at(0), node.integer("k", 1)));
        ops.addMany("TopK", 10, (node, in) -> topK(node, in.at(0), in.scalar(1)));
    }

    private static void reduction(OpTable ops, String type, Reduction formula) {
        ops.add(type, 1, (node, in) -> {
            long[] axes = node.list("axes", 1, in).orElse(new long[0]);
            Tensor x = in.at(0);
            if (axes.length == 0 && node.flag("noop_with_empty_axes", false)) {
                return x;
            }
            long[] reduced =
                    axes.length > 0 ? axes : LongStream.range(0, x.dim()).toArray();
            return x.dim() == 0
                    ? formula.apply(x.reshape(1), new long[] {0}, false)
                    : formula.apply(x, reduced, node.flag("keepdims", true));
        });
    }

    private static Tensor sum(Tensor x, long[] axes, boolean keep) {
        return torch.sum(x, axes, keep, new ScalarTypeOptional(x.scalar_type()));
    }

    /// Integer means truncate, as ONNX Runtime's do.
    private static Tensor mean(Tensor x, long[] axes, boolean keep) {
        if (x.is_floating_point()) {
            return torch.mean(x, axes, keep, new ScalarTypeOptional());
        }
        return mean(x.to(torch.ScalarType.Double), axes, keep).to(x.scalar_type());
    }

    private static Tensor max(Tensor x, long[] axes, boolean keep) {
        return torch.amax(x, axes, keep);
    }

    private static Tensor min(Tensor x, long[] axes, boolean keep) {
        return torch.amin(x, axes, keep);
    }

    /// LibTorch multiplies over one axis at a time; axes stay put because they are kept until the end.
    private static Tensor product(Tensor x, long[] axes, boolean keep) {
        Tensor result = x;
        for (long axis : axes) {
            result = torch.prod(result, axis, true, new ScalarTypeOptional(x.scalar_type()));
        }
        return keep ? result : result.squeeze(axes);
    }

    /// Index of the largest element, the first or (`select_last_index`) the last of equals.
    private static Tensor argMax(NodeView node, Tensor x) {
        long axis = node.integer("axis", 0);
        boolean keep = node.flag("keepdims", true);
        if (!node.flag("select_last_index", false)) {
            return torch.argmax(x, new LongOptional(axis), keep);
        }
        Tensor fromEnd = torch.argmax(torch.flip(x, axis), new LongOptional(axis), keep);
        return torch.neg(fromEnd).add(new Scalar(x.size(axis) - 1));
    }

    private static Tensor cumulativeSum(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long axis = in.scalar(1);
        boolean reverse = node.flag("reverse", false);
        Tensor source = reverse ? torch.flip(x, axis) : x;
        Tensor result = torch.cumsum(source, axis, new ScalarTypeOptional(x.scalar_type()));
        if (node.flag("exclusive", false)) {
            result = result.sub(source);
        }
        return reverse ? torch.flip(result, axis) : result;
    }

    /// Sorts stably, so that among equals the lower index comes first.
    private static Tensor[] topK(NodeView node, Tensor x, long k) {
        long axis = node.integer("axis", -1);
        T_TensorTensor_T sorted = torch.sort(x, new BoolOptional(true), axis, node.flag("largest", true));
        return new Tensor[] {sorted.get0().narrow(axis, 0, k), sorted.get1().narrow(axis, 0, k)};
    }
}
