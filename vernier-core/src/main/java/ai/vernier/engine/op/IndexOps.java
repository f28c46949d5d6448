package ai.vernier.engine.op;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Reading and writing by index; negative indices count from the end.
final class IndexOps {
    private IndexOps() {}

    static void register(OpTable ops) {
        ops.add("Gather", 1, IndexOps::gather);
        ops.add("GatherElements", 11, (node, in) -> {
            long axis = node.integer("axis", 0);
            return torch.gather(in.at(0), axis, wrapped(in.at(1), in.at(0).size(axis)));
        });
        ops.bind("GatherND", 11, IndexOps::gatherNd);
        ops.bind("ScatterND", 11, IndexOps::scatterNd);
        ops.add("ScatterElements", 11, IndexOps::scatterElements);
        ops.add("Scatter", 9, IndexOps::scatterElements);
        ops.add("NonZero", 9, (_, in) -> torch.nonzero(in.at(0)).t().contiguous());
    }

    private static Tensor wrapped(Tensor indices, long size) {
        Tensor longs = indices.to(ScalarType.Long);
        return torch.where(longs.lt(new Scalar(0L)), longs.add(new Scalar(size)), longs);
    }

    /// One index selects, several gather: output shape = x[:axis] ++ indices.shape ++ x[axis+1:].
    private static Tensor gather(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        Tensor indices = in.at(1);
        long given = node.integer("axis", 0);
        long axis = given < 0 ? given + x.dim() : given;
        if (indices.numel() == 1 && !indices.is_cuda()) {
            Tensor selected = x.select(axis, in.longs(1)[0]);
            for (int i = 0; i < indices.dim(); i++) {
                selected = selected.unsqueeze(axis);
            }
            return selected;
        }
        Tensor flat = torch.index_select(x, axis, wrapped(indices, x.size(axis)).reshape(-1));
        if (indices.dim() == 1) {
            return flat;
        }
        long[] shape = LongStream.concat(
                        LongStream.range(0, axis).map(x::size),
                        LongStream.concat(
                                LongStream.range(0, indices.dim()).map(indices::size),
                                LongStream.range(axis + 1, x.dim()).map(x::size)))
                .toArray();
        return flat.reshape(shape);
    }

    private static BoundOp gatherNd(NodeView node) {
        if (node.integer("batch_dims", 0) != 0) {
            throw node.unsupported("with batch_dims");
        }
        return in -> new Tensor[] {in.at(0).index(columns(in.at(1)))};
    }

    private static BoundOp scatterNd(NodeView node) {
        String reduction = node.text("reduction", "none");
        if (!reduction.equals("none") && !reduction.equals("add")) {
            throw node.unsupported("with reduction " + reduction);
        }
        boolean accumulate = reduction.equals("add");
        return in -> new Tensor[] {torch.index_put(in.at(0), columns(in.at(1)), in.at(2), accumulate)};
    }

    /// Splits index tuples (last axis) into one index tensor per indexed axis.
    private static TensorOptionalList columns(Tensor indices) {
        Tensor longs = indices.to(ScalarType.Long);
        long depth = longs.size(longs.dim() - 1);
        TensorOptionalList columns = new TensorOptionalList();
        for (long i = 0; i < depth; i++) {
            columns.push_back(new TensorOptional(longs.select(longs.dim() - 1, i)));
        }
        return columns;
    }

    private static Tensor scatterElements(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long axis = node.integer("axis", 0);
        Tensor indices = wrapped(in.at(1), x.size(axis));
        return switch (node.text("reduction", "none")) {
            case "none" -> torch.scatter(x, axis, indices, in.at(2));
            case "add" -> torch.scatter_reduce(x, axis, indices, in.at(2), "sum");
            case "mul" -> torch.scatter_reduce(x, axis, indices, in.at(2), "prod");
            case "max" -> torch.scatter_reduce(x, axis, indices, in.at(2), "amax");
            case "min" -> torch.scatter_reduce(x, axis, indices, in.at(2), "amin");
            default -> throw node.unsupported("with reduction " + node.text("reduction", ""));
        };
    }
}
