package ai.vernier.engine.kernel;

import ai.vernier.engine.cpu.Xnnpack;
import ai.vernier.engine.op.Operands;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.engine.tensor.Strided;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Softmax of short rows: eˣ⁻ᵐ / Σ eˣ⁻ᵐ with the row's largest element m, the powers by XNNPACK for all rows at once.
///
/// @param source rows one behind the other
/// @param target where their results go
/// @param exponentials eˣ of the target, in place
public record SoftmaxKernel(MemorySegment source, MemorySegment target, int rows, int columns, Kernel exponentials)
        implements Kernel {
    /// Larger inputs gain nothing.
    private static final long MAX_ELEMENTS = 1 << 13;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /// Over the last axis of input 0; null for large inputs and other types.
    static @Nullable Kernel of(Operands at, PointwiseKernels kernels, long given) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        long axis = given < 0 ? given + x.dim() : given;
        if (!Operands.areFloats(x, y)
                || x.numel() > MAX_ELEMENTS
                || x.dim() == 0
                || axis != x.dim() - 1
                || !y.is_contiguous()) {
            return null;
        }
        int columns = (int) x.size(axis);
        MemorySegment to = ReductionKernels.segment(y.data_ptr().address(), y.numel());
        return Arranged.of(Strided.of(x), false, at.memory())
                .map(from -> from.before(new SoftmaxKernel(
                        ReductionKernels.segment(from.operand().address(), x.numel()),
                        to,
                        (int) x.numel() / columns,
                        columns,
                        kernels.unary(Xnnpack.EXPONENTIAL, to, to, y.numel()))))
                .orElse(null);
    }

    @Override
    public void run() {
        for (int row = 0; row < rows; row++) {
            shift(row * columns);
        }
        exponentials.run();
        for (int row = 0; row < rows; row++) {
            scale(row * columns);
        }
    }

    private void shift(int start) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = start; i < start + columns; i++) {
            largest = Math.max(largest, source.getAtIndex(FLOAT, i));
        }
        for (int i = start; i < start + columns; i++) {
            target.setAtIndex(FLOAT, i, source.getAtIndex(FLOAT, i) - largest);
        }
    }

    private void scale(int start) {
        float sum = 0;
        for (int i = start; i < start + columns; i++) {
            sum += target.getAtIndex(FLOAT, i);
        }
        float factor = 1 / sum;
        for (int i = start; i < start + columns; i++) {
            target.setAtIndex(FLOAT, i, target.getAtIndex(FLOAT, i) * factor);
        }
    }

    @Override
    public void close() {
        exponentials.close();
    }
}
