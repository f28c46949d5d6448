package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Reading by index; negative indices count from the end.
final class IndexOps {
    private IndexOps() {}

    static void register(OpTable ops) {
        ops.add("Gather", 1, IndexOps::gather);
        ops.add("GatherElements", 11, (node, in) -> {
            long axis = node.integer("axis", 0);
            return torch.gather(in.at(0), axis, wrapped(in.at(1), in.at(0).size(axis)));
        });
        ops.add("GatherND", 11, (node, in) -> gatherNd(in.at(0), in.at(1), (int) node.integer("batch_dims", 0)));
        ops.add("Compress", 9, IndexOps::compress);
        ops.add("ReverseSequence", 10, IndexOps::reverse);
        ops.add("NonZero", 9, (_, in) -> torch.nonzero(in.at(0)).t().contiguous());
    }

    static Tensor wrapped(Tensor indices, long size) {
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

    /// The leading `batches` axes of both go together: they become one, whose index is written in front of every tuple.
    private static Tensor gatherNd(Tensor x, Tensor indices, int batches) {
        if (batches == 0) {
            return x.index(columns(indices));
        }
        long[] data = HostTransfer.sizes(x);
        long[] tuples = HostTransfer.sizes(indices);
        long count = TensorData.elementCount(Arrays.copyOf(data, batches));
        Tensor merged = x.reshape(joined(count, data, batches));
        Tensor flat = indices.to(ScalarType.Long).reshape(count, -1, tuples[tuples.length - 1]);
        Tensor batch = torch.arange(new Scalar(count)).reshape(count, 1, 1).expand(count, flat.size(1), 1);
        Tensor found = merged.index(columns(torch.cat(new TensorVector(batch, flat), 2)));
        int depth = (int) tuples[tuples.length - 1];
        long[] shape = LongStream.concat(
                        Arrays.stream(tuples, 0, tuples.length - 1), Arrays.stream(data, batches + depth, data.length))
                .toArray();
        return found.reshape(shape);
    }

    private static long[] joined(long first, long[] sizes, int from) {
        return LongStream.concat(LongStream.of(first), Arrays.stream(sizes, from, sizes.length))
                .toArray();
    }

    /// Splits index tuples (last axis) into one index tensor per indexed axis.
    static TensorOptionalList columns(Tensor indices) {
        Tensor longs = indices.to(ScalarType.Long);
        long depth = longs.size(longs.dim() - 1);
        TensorOptionalList columns = new TensorOptionalList();
        for (long i = 0; i < depth; i++) {
            columns.push_back(new TensorOptional(longs.select(longs.dim() - 1, i)));
        }
        return columns;
    }

    /// Slices along `axis`, or elements of the flattened tensor, for which the condition holds. A short condition is
    /// false beyond its end.
    private static Tensor compress(NodeView node, Inputs in) {
        Tensor chosen = torch.nonzero(in.at(1).to(ScalarType.Bool)).reshape(-1);
        return node.has("axis")
                ? torch.index_select(in.at(0), node.integer("axis", 0), chosen)
                : torch.index_select(in.at(0).reshape(-1), 0, chosen);
    }

    /// Of every sequence, the first `length` steps in reverse: step t comes from length − 1 − t.
    private static Tensor reverse(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long time = node.integer("time_axis", 0);
        long batch = node.integer("batch_axis", 1);
        long[] perStep = Window.filled((int) x.dim(), 1);
        perStep[(int) time] = x.size(time);
        long[] perSequence = Window.filled((int) x.dim(), 1);
        perSequence[(int) batch] = x.size(batch);
        Tensor step = torch.arange(new Scalar(x.size(time))).reshape(perStep);
        Tensor last = in.at(1).to(ScalarType.Long).reshape(perSequence).sub(new Scalar(1L));
        Tensor source = torch.where(step.le(last), last.sub(step), step);
        return torch.gather(x, time, source.expand(HostTransfer.sizes(x)));
    }
}
