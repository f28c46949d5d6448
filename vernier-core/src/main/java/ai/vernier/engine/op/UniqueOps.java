package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Unique: the different elements, or slices along an axis, where each of them stands first, which of them each
/// original one is, and how often they occur.
final class UniqueOps {
    private UniqueOps() {}

    static void register(OpTable ops) {
        ops.addMany("Unique", 11, UniqueOps::unique);
    }

    private static Tensor[] unique(NodeView node, Inputs in) {
        boolean unsigned = node.inputType(0).equals(Optional.of(DataType.UINT64));
        Tensor keys = unsigned ? Unsigned64.ordered(in.at(0)) : in.at(0);
        Tensor x = node.has("axis") ? keys : keys.reshape(-1);
        long axis = node.integer("axis", 0);
        T_TensorTensorTensor_T found = torch.unique_dim(x, axis, true, true, true);
        // The tuple's own handles die with it.
        Tensor values = unsigned ? Unsigned64.ordered(found.get0()) : new Tensor(found.get0());
        Tensor inverse = new Tensor(found.get1());
        Tensor counts = new Tensor(found.get2());
        Tensor positions = torch.arange(new Scalar(inverse.numel()));
        Tensor first = torch.scatter_reduce(
                torch.full_like(counts, new Scalar(Long.MAX_VALUE)), 0, inverse, positions, "amin");
        if (node.flag("sorted", true)) {
            return new Tensor[] {values, first, inverse, counts};
        }
        Tensor order = torch.argsort(first);
        Tensor rank = torch.argsort(order);
        return new Tensor[] {
            values.index_select(axis, order),
            first.index_select(0, order),
            rank.index_select(0, inverse),
            counts.index_select(0, order)
        };
    }
}
