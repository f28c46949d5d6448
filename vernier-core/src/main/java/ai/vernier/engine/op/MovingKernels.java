package ai.vernier.engine.op;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Kernels that move elements: what is no view of its input is a few copies between fixed places.
final class MovingKernels {
    /// More slices than these go through LibTorch.
    private static final int MAX_SLICES = 256;

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
            if (part.numel() > 0) {
                parts.add(RowCopy.of(Strided.of(part), whole.narrowed(axis, start, part.size(axis))));
            }
            start += part.size(axis);
        }
        return all(parts);
    }

    /// The slices along an axis that constant indices name.
    static @Nullable Kernel gathered(NodeView node, Operands at) {
        long[] indices = at.longs(1);
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        if (indices == null || indices.length > MAX_SLICES || !y.is_contiguous() || y.numel() == 0) {
            return null;
        }
        Strided from = Strided.of(x);
        long given = node.integer("axis", 0);
        int axis = (int) (given < 0 ? given + from.rank() : given);
        long[] sizes = from.sizes().clone();
        sizes[axis] = indices.length;
        Strided to = Strided.dense(y.data_ptr().address(), sizes, from.width());
        List<Optional<RowCopy>> parts = new ArrayList<>();
        for (int i = 0; i < indices.length; i++) {
            long index = indices[i] < 0 ? indices[i] + from.sizes()[axis] : indices[i];
            parts.add(RowCopy.of(from.narrowed(axis, index, 1), to.narrowed(axis, i, 1)));
        }
        return all(parts);
    }

    /// The input with slices replaced at constant places; later ones win.
    static @Nullable Kernel scattered(NodeView node, Operands at) {
        long[] indices = at.longs(1);
        Tensor x = at.in(0);
        Tensor updates = at.in(2);
        Tensor y = at.out()[0];
        if (indices == null || !node.text("reduction", "none").equals("none") || y.numel() == 0) {
            return null;
        }
        int depth = (int) at.in(1).size(at.in(1).dim() - 1);
        long slices = depth == 0 ? 0 : indices.length / depth;
        if (slices < 1 || slices > MAX_SLICES || !updates.is_contiguous() || updates.numel() == 0) {
            return null;
        }
        List<Optional<RowCopy>> parts = new ArrayList<>();
        parts.add(RowCopy.of(Strided.of(x), Strided.of(y)));
        long bytes = updates.numel() / slices * updates.element_size();
        for (int i = 0; i < slices; i++) {
            Strided slice = Strided.of(y);
            for (int axis = 0; axis < depth; axis++) {
                long index = indices[i * depth + axis];
                slice = slice.narrowed(axis, index < 0 ? index + slice.sizes()[axis] : index, 1);
            }
            long source = updates.data_ptr().address() + i * bytes;
            parts.add(RowCopy.of(Strided.dense(source, slice.sizes(), slice.width()), slice));
        }
        return all(parts);
    }

    /// Zeros around the input.
    static @Nullable Kernel padded(NodeView node, Operands at) {
        long[] pads = node.has("pads") ? node.integers("pads") : at.longs(1);
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        boolean zeros = node.text("mode", "constant").equals("constant")
                && node.real("value", 0) == 0
                && !at.has(2)
                && !at.has(3);
        if (pads == null || !zeros || pads.length != 2 * x.dim() || !y.is_non_overlapping_and_dense()) {
            return null;
        }
        Strided inner = Strided.of(y);
        for (int axis = 0; axis < inner.rank(); axis++) {
            if (pads[axis] < 0 || pads[axis + inner.rank()] < 0) {
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
