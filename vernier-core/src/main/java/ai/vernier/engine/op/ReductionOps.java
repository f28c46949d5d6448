package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
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
        ops.addOrdered(
                "ArgMax",
                1,
                (node, in) -> extreme(node, in.at(0), torch::argmax),
                (node, in) -> extreme(node, Unsigned64.ordered(in.at(0)), torch::argmax));
        ops.addOrdered(
                "ArgMin",
                1,
                (node, in) -> extreme(node, in.at(0), torch::argmin),
                (node, in) -> extreme(node, Unsigned64.ordered(in.at(0)), torch::argmin));
        ops.addWrapping("CumSum", 11, (node, in) -> cumulative(node, in, 0, torch::cumsum));
        ops.addWrapping("CumProd", 26, (node, in) -> cumulative(node, in, 1, torch::cumprod));
        ops.addMany("TopK", 1, (node, in) -> topK(node, in.at(0), node.integer("k", 1)));
        ops.addMany("TopK", 10, (node, in) -> topK(node, in.at(0), in.scalar(1)));
    }

    private static void reduction(OpTable ops, String type, Reduction formula) {
        ops.addWrapping(type, 1, (node, in) -> {
            Tensor x = in.at(0);
            Tensor result = isUnsigned64(node) ? onUnsigned64(node, in, formula) : reduce(node, in, x, formula);
            return result.to(x.scalar_type());
        });
    }

    /// Sums and products wrap to the same bits whatever the sign, extrema are those in another order, and
    /// what has fractions goes through double.
    private static Tensor onUnsigned64(NodeView node, Inputs in, Reduction formula) {
        Tensor x = in.at(0);
        return switch (node.node().opType()) {
            case "ReduceMax", "ReduceMin" -> Unsigned64.ordered(reduce(node, in, Unsigned64.ordered(x), formula));
            case "ReduceL1" -> reduce(node, in, x, ReductionOps::sum);
            case "ReduceMean", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp" ->
                Unsigned64.ofReal(reduce(node, in, Unsigned64.toReal(x, torch.ScalarType.Double), formula));
            default -> reduce(node, in, x, formula);
        };
    }

    private static boolean isUnsigned64(NodeView node) {
        return node.inputType(0).equals(Optional.of(DataType.UINT64));
    }

    /// Without axes everything is reduced, or (`noop_with_empty_axes`) every element by itself.
    private static Tensor reduce(NodeView node, Inputs in, Tensor x, Reduction formula) {
        long[] axes = node.list("axes", 1, in).orElse(new long[0]);
        if (x.dim() == 0 || (axes.length == 0 && node.flag("noop_with_empty_axes", false))) {
            return formula.apply(x.unsqueeze(0), new long[] {0}, false);
        }
        long[] reduced = axes.length > 0 ? axes : LongStream.range(0, x.dim()).toArray();
        return formula.apply(x, reduced, node.flag("keepdims", true));
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
        return x.numel() == 0 ? filled(sum(x, axes, keep), false) : torch.amax(x, axes, keep);
    }

    private static Tensor min(Tensor x, long[] axes, boolean keep) {
        return x.numel() == 0 ? filled(sum(x, axes, keep), true) : torch.amin(x, axes, keep);
    }

    /// The extremum of nothing: the greatest or the least value of the type, infinite for floats.
    private static Tensor filled(Tensor like, boolean greatest) {
        DataType type = HostTransfer.typeOf(like);
        Scalar value = switch (type) {
            case INT64 -> new Scalar(greatest ? Long.MAX_VALUE : Long.MIN_VALUE);
            case BOOL -> new Scalar(greatest ? 1L : 0L);
            case FLOAT, DOUBLE, FLOAT16, BFLOAT16 ->
                new Scalar(greatest ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY);
            default -> new Scalar((long) (greatest ? NarrowIntegers.highest(type) : NarrowIntegers.lowest(type)));
        };
        return torch.full_like(like, value);
    }

    /// LibTorch multiplies over one axis at a time; axes stay put because they are kept until the end.
    private static Tensor product(Tensor x, long[] axes, boolean keep) {
        Tensor result = x;
        for (long axis : axes) {
            result = torch.prod(result, axis, true, new ScalarTypeOptional(x.scalar_type()));
        }
        return keep ? result : result.squeeze(axes);
    }

    @FunctionalInterface
    private interface IndexOfExtreme {
        Tensor apply(Tensor x, LongOptional axis, boolean keep);
    }

    /// Index of the extreme element, the first or (`select_last_index`) the last of equals.
    private static Tensor extreme(NodeView node, Tensor x, IndexOfExtreme formula) {
        long axis = node.integer("axis", 0);
        boolean keep = node.flag("keepdims", true);
        if (!node.flag("select_last_index", false)) {
            return formula.apply(x, new LongOptional(axis), keep);
        }
        Tensor fromEnd = formula.apply(torch.flip(x, axis), new LongOptional(axis), keep);
        return torch.neg(fromEnd).add(new Scalar(x.size(axis) - 1));
    }

    @FunctionalInterface
    private interface Cumulation {
        Tensor apply(Tensor x, long axis, ScalarTypeOptional type);
    }

    /// With `exclusive` the sum or product of all elements before, so that the first one is `neutral`.
    private static Tensor cumulative(NodeView node, Inputs in, long neutral, Cumulation formula) {
        Tensor x = in.at(0);
        long axis = in.scalar(1);
        boolean reverse = node.flag("reverse", false);
        Tensor source = reverse ? torch.flip(x, axis) : x;
        if (node.flag("exclusive", false) && x.numel() > 0) {
            Tensor first = torch.full_like(source.narrow(axis, 0, 1), new Scalar(neutral));
            source = torch.cat(new TensorVector(first, source.narrow(axis, 0, x.size(axis) - 1)), axis);
        }
        Tensor result = formula.apply(source, axis, new ScalarTypeOptional(x.scalar_type()));
        return reverse ? torch.flip(result, axis) : result;
    }

    /// Sorts stably, so that among equals the lower index comes first.
    private static Tensor[] topK(NodeView node, Tensor x, long k) {
        long axis = node.integer("axis", -1);
        boolean unsigned = isUnsigned64(node);
        Tensor keys = unsigned ? Unsigned64.ordered(x) : x;
        T_TensorTensor_T sorted = torch.sort(keys, new BoolOptional(true), axis, node.flag("largest", true));
        Tensor values = sorted.get0().narrow(axis, 0, k);
        return new Tensor[] {
            unsigned ? Unsigned64.ordered(values) : values, sorted.get1().narrow(axis, 0, k)
        };
    }
}
