package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Operators that move data without computing on it.
final class ShapeOps {
    private ShapeOps() {}

    static void register(OpTable ops) {
        ops.add("Shape", 1, ShapeOps::shape);
        ops.add("Size", 1, (_, in) -> HostTransfer.ofLongs(new long[] {in.at(0).numel()}));
        ops.add("Reshape", 5, (node, in) -> reshape(in.at(0), in.longs(1), node.flag("allowzero", false)));
        ops.add("Reshape", 1, (node, in) -> reshape(in.at(0), node.integers("shape"), false));
        ops.add("Flatten", 1, ShapeOps::flatten);
        ops.add("Squeeze", 1, ShapeOps::squeeze);
        ops.add("Unsqueeze", 1, ShapeOps::unsqueeze);
        ops.add("Transpose", 1, ShapeOps::transpose);
        ops.add("Concat", 1, ShapeOps::concat);
        ops.addMany("Split", 1, ShapeOps::split);
        ops.add("Slice", 1, (node, in) -> {
            long[] starts = node.integers("starts");
            return slice(
                    in.at(0),
                    new Cut(starts, node.integers("ends"), axes(node.integers("axes"), starts), ones(starts)));
        });
        ops.add("Slice", 10, (_, in) -> {
            long[] starts = in.longs(1);
            long[] axes = in.has(3) ? in.longs(3) : new long[0];
            return slice(
                    in.at(0), new Cut(starts, in.longs(2), axes(axes, starts), in.has(4) ? in.longs(4) : ones(starts)));
        });
        ops.add("Expand", 8, (_, in) -> expand(in.at(0), in.longs(1)));
        ops.add("Tile", 6, (_, in) -> in.at(0).repeat(in.longs(1)));
        ops.add("DepthToSpace", 1, ShapeOps::depthToSpace);
        ops.add("SpaceToDepth", 1, ShapeOps::spaceToDepth);
        ops.add("Pad", 1, (node, in) -> {
            long[] pads = node.integers(node.has("pads") ? "pads" : "paddings");
            return Padding.pad(in.at(0), pads, node.text("mode", "constant"), new Scalar(node.real("value", 0)));
        });
        ops.add("Pad", 11, ShapeOps::pad);
        ops.add("Trilu", 14, ShapeOps::triangle);
    }

    private static Tensor shape(NodeView node, Inputs in) {
        long[] sizes = HostTransfer.sizes(in.at(0));
        int start = clip(node.integer("start", 0), sizes.length);
        int end = Math.max(start, clip(node.integer("end", sizes.length), sizes.length));
        return HostTransfer.ofLongs(Arrays.copyOfRange(sizes, start, end), end - start);
    }

    private static int clip(long index, int length) {
        return Math.clamp(index < 0 ? index + length : index, 0, length);
    }

    /// A 0 copies the input's extent (unless `allowzero`), a −1 takes what is left.
    private static Tensor reshape(Tensor x, long[] shape, boolean allowZero) {
        long[] resolved = shape.clone();
        for (int axis = 0; axis < resolved.length && !allowZero; axis++) {
            if (resolved[axis] == 0) {
                resolved[axis] = x.size(axis);
            }
        }
        return x.reshape(resolved);
    }

    private static Tensor flatten(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long axis = node.integer("axis", 1);
        long split = axis < 0 ? axis + x.dim() : axis;
        long rows = LongStream.range(0, split).map(x::size).reduce(1, (a, b) -> a * b);
        long columns = LongStream.range(split, x.dim()).map(x::size).reduce(1, (a, b) -> a * b);
        return x.reshape(rows, columns);
    }

    private static Tensor squeeze(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        return node.list("axes", 1, in).map(x::squeeze).orElseGet(x::squeeze);
    }

    private static Tensor unsqueeze(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] axes = node.list("axes", 1, in).orElseThrow(() -> node.unsupported("without axes"));
        long rank = x.dim() + axes.length;
        long[] sorted = LongStream.of(axes)
                .map(axis -> axis < 0 ? axis + rank : axis)
                .sorted()
                .toArray();
        for (long axis : sorted) {
            x = x.unsqueeze(axis);
        }
        return x;
    }

    private static Tensor transpose(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] order = node.integers("perm");
        if (order.length > 0) {
            return x.permute(order);
        }
        long rank = x.dim();
        return x.permute(LongStream.range(0, rank).map(axis -> rank - 1 - axis).toArray());
    }

    private static Tensor concat(NodeView node, Inputs in) {
        TensorVector parts = new TensorVector(in.size());
        for (int i = 0; i < in.size(); i++) {
            parts.put(i, in.at(i));
        }
        return torch.cat(parts, node.integer("axis", 1));
    }

    /// Sizes from the attribute or the input; otherwise equal parts, the last one smaller where they do not divide.
    private static Tensor[] split(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long axis = node.integer("axis", 0);
        long[] sizes = node.list("split", 1, in).orElseGet(() -> {
            long total = x.size(axis);
            long part = Math.ceilDiv(total, node.outputs());
            return LongStream.range(0, node.outputs())
                    .map(i -> Math.clamp(total - i * part, 0, part))
                    .toArray();
        });
        Tensor[] parts = new Tensor[sizes.length];
        long start = 0;
        for (int i = 0; i < sizes.length; i++) {
            parts[i] = x.narrow(axis, start, sizes[i]);
            start += sizes[i];
        }
        return parts;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Cut(long[] starts, long[] ends, long[] axes, long[] steps) {}

    private static long[] axes(long[] given, long[] starts) {
        return given.length > 0 ? given : LongStream.range(0, starts.length).toArray();
    }

    private static long[] ones(long[] like) {
        return LongStream.generate(() -> 1).limit(like.length).toArray();
    }

    private static Tensor slice(Tensor x, Cut cut) {
        Tensor result = x;
        for (int i = 0; i < cut.starts.length; i++) {
            result = slice(result, cut.axes[i], new Span(cut.starts[i], cut.ends[i], cut.steps[i]));
        }
        return result;
    }

    private record Span(long start, long end, long step) {}

    private static Tensor slice(Tensor x, long axis, Span span) {
        long size = x.size(axis);
        long start = span.start < 0 ? span.start + size : span.start;
        long end = span.end < 0 ? span.end + size : span.end;
        if (span.step > 0) {
            long from = Math.clamp(start, 0, size);
            long to = Math.clamp(end, from, size);
            return x.slice(axis, new LongOptional(from), new LongOptional(to), span.step);
        }
        // Not as in NumPy, a start before the first element means that element; of nothing there is none.
        long from = size == 0 ? -1 : Math.clamp(start, 0, size - 1);
        long to = Math.clamp(span.end < -size ? -1 : end, -1, size - 1);
        // −step may not have a positive counterpart, and from + step may wrap around.
        long count = span.step < -size ? (from > to ? 1 : 0) : Math.max(0, Math.ceilDiv(from - to, -span.step));
        long[] indices =
                LongStream.range(0, count).map(i -> from + i * span.step).toArray();
        return x.index_select(axis, HostTransfer.ofLongs(indices, indices.length));
    }

    /// Broadcasts both ways: an extent of the input survives where the asked one is 1.
    /// LibTorch takes negative extents beside an extent of 0, and the result then breaks whatever reads it.
    private static Tensor expand(Tensor x, long[] asked) {
        int rank = (int) Math.max(asked.length, x.dim());
        long[] sizes = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long wanted = i <= asked.length ? asked[asked.length - i] : 1;
            long present = i <= x.dim() ? x.size(x.dim() - i) : 1;
            if (wanted < -1) {
                throw new IllegalArgumentException("cannot expand to " + Arrays.toString(asked));
            }
            sizes[rank - i] = present == 1 ? wanted : present;
        }
        return x.expand(sizes);
    }

    private static Tensor depthToSpace(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long block = node.integer("blocksize", 1);
        long channels = x.size(1) / (block * block);
        boolean columnFirst = node.text("mode", "DCR").equals("CRD");
        Tensor split = columnFirst
                ? x.reshape(x.size(0), channels, block, block, x.size(2), x.size(3))
                        .permute(0, 1, 4, 2, 5, 3)
                : x.reshape(x.size(0), block, block, channels, x.size(2), x.size(3))
                        .permute(0, 3, 4, 1, 5, 2);
        return split.reshape(x.size(0), channels, x.size(2) * block, x.size(3) * block);
    }

    private static Tensor spaceToDepth(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long block = node.integer("blocksize", 1);
        long height = x.size(2) / block;
        long width = x.size(3) / block;
        return x.reshape(x.size(0), x.size(1), height, block, width, block)
                .permute(0, 3, 5, 1, 2, 4)
                .reshape(x.size(0), x.size(1) * block * block, height, width);
    }

    private static Tensor pad(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] pads = in.longs(1);
        long[] axes = in.has(3) ? in.longs(3) : axes(new long[0], HostTransfer.sizes(x));
        int rank = (int) x.dim();
        long[] full = new long[2 * rank];
        for (int i = 0; i < axes.length; i++) {
            int axis = (int) (axes[i] < 0 ? axes[i] + rank : axes[i]);
            full[axis] = pads[i];
            full[rank + axis] = pads[axes.length + i];
        }
        String mode = node.text("mode", "constant");
        if (in.has(2) && in.at(2).requires_grad() && mode.equals("constant")) {
            Tensor value = in.at(2).reshape(new long[0]); // only as a tensor it has a gradient
            return Padding.pad(x.sub(value), full, mode, new Scalar(0L)).add(value);
        }
        return Padding.pad(x, full, mode, in.has(2) ? in.at(2).item() : new Scalar(0L));
    }

    private static Tensor triangle(NodeView node, Inputs in) {
        long diagonal = in.has(1) ? in.scalar(1) : 0;
        return node.flag("upper", true) ? torch.triu(in.at(0), diagonal) : torch.tril(in.at(0), diagonal);
    }
}
