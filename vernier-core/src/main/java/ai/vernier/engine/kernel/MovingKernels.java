package ai.vernier.engine.kernel;

import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.Operands;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.engine.tensor.RowCopy;
import ai.vernier.engine.tensor.Strided;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Kernels that move elements: what is no view of its input is a few copies between fixed places.
public final class MovingKernels {
    /// Before, `pads` is an attribute, and inputs beyond the first mean nothing.
    private static final long PADS_ARE_AN_INPUT = 11;

    private MovingKernels() {}

    /// The elements of `in(0)` in their order, in other axes.
    static @Nullable Kernel reshaped(Operands at) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        if (!at.isConstantFrom(1) || x.numel() != y.numel() || !y.is_contiguous() || x.numel() == 0) {
            return null;
        }
        Strided from = Strided.of(x);
        return RowCopy.of(from, Strided.dense(y.data_ptr().address(), from.sizes(), from.width()))
                .orElse(null);
    }

    static @Nullable Kernel concatenated(NodeView node, Operands at) {
        Tensor y = at.out()[0];
        Strided whole = Strided.of(y);
        long given = node.integer("axis", 1);
        int axis = (int) (given < 0 ? given + whole.rank() : given);
        List<Optional<RowCopy>> parts = new ArrayList<>();
        long start = 0;
        for (int i = 0; i < at.in().length; i++) {
            Tensor part = at.in(i);
            if (part.scalar_type().intern() != y.scalar_type().intern() || part.dim() != y.dim()) {
                return null;
            }
            parts.add(RowCopy.of(Strided.of(part), whole.narrowed(axis, start, part.size(axis))));
            start += part.size(axis);
        }
        return all(parts);
    }

    /// The slices along an axis that constant indices name.
    static @Nullable Kernel gathered(NodeView node, Operands at) {
        Tensor y = at.out()[0];
        if (!at.isConstant(1) || !y.is_contiguous() || y.numel() == 0) {
            return null;
        }
        long[] indices = HostTransfer.longs(at.in(1));
        Strided x = Strided.of(at.in(0));
        long given = node.integer("axis", 0);
        int axis = (int) (given < 0 ? given + x.rank() : given);
        long inner = Arrays.stream(x.sizes(), axis + 1, x.rank()).reduce(1, (a, b) -> a * b);
        long extent = x.sizes()[axis];
        if (y.numel() / inner > RowCopy.MAX_ROWS) {
            return null;
        }
        long row = inner * x.width();
        long target = y.data_ptr().address();
        return Arranged.of(x, false, at.memory())
                .map(from -> {
                    long[] starts = LongStream.range(0, y.numel() / inner)
                            .map(i -> from.operand().address()
                                    + (i / indices.length * extent
                                                    + Math.floorMod(indices[(int) (i % indices.length)], extent))
                                            * row)
                            .toArray();
                    long[] targets = LongStream.range(0, starts.length)
                            .map(i -> target + i * row)
                            .toArray();
                    return from.before(RowCopy.joining(starts, targets, row, x.width()));
                })
                .orElse(null);
    }

    /// The input with slices replaced at constant places; later ones win.
    static @Nullable Kernel scattered(NodeView node, Operands at) {
        Tensor updates = at.in(2);
        Tensor y = at.out()[0];
        boolean plain = at.isConstant(1)
                && node.text("reduction", "none").equals("none")
                && y.is_contiguous()
                && y.numel() > 0
                && updates.numel() > 0;
        if (!plain) {
            return null;
        }
        int depth = (int) at.in(1).size(at.in(1).dim() - 1);
        Strided to = Strided.of(y);
        long row = Arrays.stream(to.sizes(), depth, to.rank()).reduce(to.width(), (a, b) -> a * b);
        long[] targets = targets(HostTransfer.longs(at.in(1)), depth, to);
        if (updates.numel() * to.width() != targets.length * row) {
            return null; // LibTorch repeats updates that are too few
        }
        Optional<Arranged> source = Arranged.of(Strided.of(updates), at.isConstant(2), at.memory());
        Optional<RowCopy> copy = RowCopy.of(Strided.of(at.in(0)), to);
        if (source.isEmpty() || copy.isEmpty()) {
            return null;
        }
        long first = source.get().operand().address();
        long[] starts =
                LongStream.range(0, targets.length).map(i -> first + i * row).toArray();
        return copy.get().then(source.get().before(RowCopy.joining(starts, targets, row, to.width())));
    }

    /// Where the slices that index tuples of `depth` numbers name begin.
    private static long[] targets(long[] indices, int depth, Strided to) {
        return IntStream.range(0, depth == 0 ? 0 : indices.length / depth)
                .mapToLong(tuple -> to.address()
                        + IntStream.range(0, depth)
                                        .mapToLong(
                                                axis -> Math.floorMod(indices[tuple * depth + axis], to.sizes()[axis])
                                                        * to.strides()[axis])
                                        .sum()
                                * to.width())
                .toArray();
    }

    static @Nullable Kernel padded(NodeView node, Operands at) {
        long[] pads = node.opset() < PADS_ARE_AN_INPUT ? node.integers("pads") : at.longs(1);
        if (pads == null || pads.length != 2 * at.in(0).dim() || at.has(3)) {
            return null;
        }
        return node.text("mode", "constant").equals("reflect") ? reflected(pads, at) : surrounded(node, pads, at);
    }

    /// The elements next to both ends of one axis once more, in reverse.
    private static @Nullable Kernel reflected(long[] pads, Operands at) {
        Strided x = Strided.of(at.in(0));
        Strided y = Strided.of(at.out()[0]);
        int[] padded = IntStream.range(0, x.rank())
                .filter(axis -> pads[axis] != 0 || pads[axis + x.rank()] != 0)
                .toArray();
        if (padded.length != 1) {
            return null;
        }
        int axis = padded[0];
        long begin = pads[axis];
        long end = pads[axis + x.rank()];
        long size = x.sizes()[axis];
        if (begin < 0 || end < 0 || begin >= size || end >= size || y.sizes()[axis] != begin + size + end) {
            return null;
        }
        List<Optional<RowCopy>> parts = new ArrayList<>();
        parts.add(RowCopy.of(x, y.narrowed(axis, begin, size)));
        if (begin > 0) {
            parts.add(RowCopy.of(x.backwards(axis, begin, begin), y.narrowed(axis, 0, begin)));
        }
        if (end > 0) {
            parts.add(RowCopy.of(x.backwards(axis, size - 2, end), y.narrowed(axis, begin + size, end)));
        }
        return all(parts);
    }

    /// Zeros around the input.
    private static @Nullable Kernel surrounded(NodeView node, long[] pads, Operands at) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        boolean zeros = node.text("mode", "constant").equals("constant")
                && Double.compare(node.real("value", 0), 0) == 0
                && !at.has(2);
        if (!zeros || !y.is_non_overlapping_and_dense()) {
            return null;
        }
        Strided inner = Strided.of(y);
        for (int axis = 0; axis < inner.rank(); axis++) {
            long end = pads[axis + inner.rank()];
            if (pads[axis] < 0 || end < 0 || y.size(axis) != pads[axis] + x.size(axis) + end) {
                return null;
            }
            inner = inner.narrowed(axis, pads[axis], x.size(axis));
        }
        MemorySegment whole = bytes(y);
        return RowCopy.of(Strided.of(x), inner)
                .map(copy -> ((Kernel) () -> whole.fill((byte) 0)).then(copy))
                .orElse(null);
    }

    @SuppressWarnings("restricted") // the tensor vouches for its address
    private static MemorySegment bytes(Tensor tensor) {
        return MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(tensor.numel() * tensor.element_size());
    }

    /// The copies in their order, those with rows alike as one; null where one of them is missing.
    private static @Nullable Kernel all(List<Optional<RowCopy>> parts) {
        List<RowCopy> joined = new ArrayList<>();
        for (Optional<RowCopy> part : parts) {
            if (part.isEmpty()) {
                return null;
            }
            Optional<RowCopy> longer =
                    joined.isEmpty() ? Optional.empty() : joined.getLast().joined(part.get());
            if (longer.isPresent()) {
                joined.set(joined.size() - 1, longer.get());
            } else {
                joined.add(part.get());
            }
        }
        return joined.stream().map(Kernel.class::cast).reduce(Kernel::then).orElse(null);
    }
}
