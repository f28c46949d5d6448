package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Writing by index; negative indices count from the end.
final class ScatterOps {
    private ScatterOps() {}

    static void register(OpTable ops) {
        ops.addWrapping("ScatterND", 11, ScatterOps::scatterNd);
        ops.addWrapping("ScatterElements", 11, ScatterOps::scatterElements);
        ops.add("Scatter", 9, ScatterOps::scatterElements);
    }

    /// The name that LibTorch has for the reduction; empty where later values simply replace.
    private static Optional<String> reduction(NodeView node) {
        return switch (node.text("reduction", "none")) {
            case "none" -> Optional.empty();
            case "add" -> Optional.of("sum");
            case "mul" -> Optional.of("prod");
            case "max" -> Optional.of("amax");
            case "min" -> Optional.of("amin");
            default -> throw node.unsupported("with reduction " + node.text("reduction", ""));
        };
    }

    private static Tensor scatterElements(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long axis = node.integer("axis", 0);
        Tensor indices = IndexOps.wrapped(in.at(1), x.size(axis));
        return reduction(node)
                .map(name -> torch.scatter_reduce(x, axis, indices, in.at(2), name))
                .orElseGet(() -> torch.scatter(x, axis, indices, in.at(2)));
    }

    /// Index tuples (last axis) address slices: each becomes a row number of `x` seen as a matrix of such slices.
    private static Tensor scatterNd(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        Optional<String> reduction = reduction(node);
        if (reduction.isEmpty()) {
            return torch.index_put(x, IndexOps.columns(in.at(1)), in.at(2), false);
        }
        Tensor indices = in.at(1).to(ScalarType.Long);
        int depth = (int) indices.size(indices.dim() - 1);
        Tensor row = torch.zeros_like(indices.select(indices.dim() - 1, 0));
        long rows = 1;
        for (int i = 0; i < depth; i++) {
            Tensor index = IndexOps.wrapped(indices.select(indices.dim() - 1, i), x.size(i));
            row = row.mul(new Scalar(x.size(i))).add(index);
            rows *= x.size(i);
        }
        long width = rows == 0 ? 0 : x.numel() / rows;
        Tensor target = row.reshape(-1, 1).expand(row.numel(), width);
        Tensor updates = in.at(2).reshape(row.numel(), width);
        return torch.scatter_reduce(x.reshape(rows, width), 0, target, updates, reduction.get())
                .reshape(HostTransfer.sizes(x));
    }
}
