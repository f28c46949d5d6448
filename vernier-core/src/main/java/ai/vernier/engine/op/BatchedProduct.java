package ai.vernier.engine.op;

import ai.vernier.engine.cpu.Blas;
import ai.vernier.engine.cpu.OneDnn;
import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// The product of two computed tensors, A · B over equal leading axes: one call of BLAS per matrix, spread over the
/// threads of XNNPACK's pool, where LibTorch's own would wake a second one. Other types and shapes go to LibTorch.
///
/// How the work is cut depends on the shapes alone, so that the results do not depend on the number of threads.
final class BatchedProduct implements BoundOp {
    /// A few tall products are cut into this many parts of rows.
    private static final int PARTS = 4;

    private static final long TALL = 256;

    private final XnnRuntime runtime;
    private final TensorOptions options = OneDnn.kept(new TensorOptions(ScalarType.Float));
    private final MemoryFormatOptional layout = OneDnn.kept(new MemoryFormatOptional());

    BatchedProduct(XnnRuntime runtime) {
        this.runtime = runtime;
    }

    /// A tensor of matrices, each of which BLAS can read where it lies.
    ///
    /// @param step floats between two stored rows
    /// @param transposed whether the stored rows are the columns
    /// @param starts address of each matrix
    @SuppressWarnings("ArrayRecordComponent") // lives for one call; never compared
    private record Matrices(long[] starts, int step, boolean transposed) {
        Blas.Operand from(int matrix, long row) {
            long skipped = transposed ? row : row * step;
            return new Blas.Operand(MemorySegment.ofAddress(starts[matrix] + Float.BYTES * skipped), step, transposed);
        }
    }

    @Override
    public Tensor[] run(Inputs in) {
        Tensor a = in.at(0);
        Tensor b = in.at(1);
        return new Tensor[] {isDirect(a, b) ? product(a, b) : torch.matmul(a, b)};
    }

    @Override
    public @Nullable Kernel kernel(Operands at) {
        Tensor a = at.in(0);
        Tensor b = at.in(1);
        Tensor y = at.out()[0];
        return isDirect(a, b) && y.is_contiguous() && isReadable(a) && isReadable(b) ? kernel(a, b, y) : null;
    }

    private static boolean isDirect(Tensor a, Tensor b) {
        long rank = a.dim();
        boolean suited = rank > 1
                && b.dim() == rank
                && isFloat(a)
                && isFloat(b)
                && a.numel() > 0
                && b.numel() > 0
                && a.size(rank - 1) == b.size(rank - 2);
        for (long axis = 0; suited && axis < rank; axis++) {
            suited = a.size(axis) <= Integer.MAX_VALUE
                    && b.size(axis) <= Integer.MAX_VALUE
                    && (axis >= rank - 2 || a.size(axis) == b.size(axis));
        }
        return suited;
    }

    private static boolean isFloat(Tensor tensor) {
        return tensor.scalar_type().intern() == ScalarType.Float && !tensor.is_cuda();
    }

    private Tensor product(Tensor left, Tensor right) {
        Tensor a = isReadable(left) ? left : left.contiguous();
        Tensor b = isReadable(right) ? right : right.contiguous();
        long[] sizes = HostTransfer.sizes(a);
        sizes[sizes.length - 1] = b.size(b.dim() - 1);
        Tensor y = torch.empty(sizes, options, layout);
        kernel(a, b, y).run();
        return y;
    }

    private Kernel kernel(Tensor a, Tensor b, Tensor y) {
        long last = a.dim() - 1;
        int m = (int) a.size(last - 1);
        int k = (int) a.size(last);
        int n = (int) b.size(last);
        Matrices as = matrices(a);
        Matrices bs = matrices(b);
        Matrices ys = matrices(y);
        int count = as.starts.length;
        int rows = count < PARTS && m >= TALL ? (m + PARTS - 1) / PARTS : m;
        int parts = (m + rows - 1) / rows;
        double work = (double) count * m * n * k;
        return () -> runtime.share(count * parts, work, task -> {
            int matrix = task / parts;
            int row = task % parts * rows;
            Blas.Extents extents = new Blas.Extents(Math.min(rows, m - row), n, k);
            Blas.product(extents, as.from(matrix, row), bs.from(matrix, 0), 0, ys.from(matrix, row));
        });
    }

    /// Whether BLAS can step through each matrix.
    private static boolean isReadable(Tensor tensor) {
        long last = tensor.dim() - 1;
        return step(tensor, last - 1, last) > 0 || step(tensor, last, last - 1) > 0;
    }

    /// Floats between two stored rows, 0 where BLAS cannot step from one to the next. An axis of one element may have
    /// any stride, also in a tensor that counts as contiguous.
    private static int step(Tensor tensor, long outer, long inner) {
        long row = tensor.size(inner);
        long step = tensor.size(outer) == 1 ? row : tensor.stride(outer);
        boolean solid = row == 1 || tensor.stride(inner) == 1;
        return solid && step >= row && step <= Integer.MAX_VALUE ? (int) step : 0;
    }

    private static Matrices matrices(Tensor tensor) {
        int last = (int) tensor.dim() - 1;
        int plainStep = step(tensor, last - 1, last);
        boolean plain = plainStep > 0;
        int step = plain ? plainStep : step(tensor, last, last - 1);
        long[] starts = {tensor.data_ptr().address()};
        for (int axis = 0; axis < last - 1; axis++) {
            starts = along(starts, tensor.size(axis), Float.BYTES * tensor.stride(axis));
        }
        return new Matrices(starts, step, !plain);
    }

    /// `size` addresses, `bytes` apart, from each of `starts`.
    private static long[] along(long[] starts, long size, long bytes) {
        if (size == 1) {
            return starts;
        }
        long[] result = new long[Math.toIntExact(starts.length * size)];
        Arrays.setAll(result, i -> starts[(int) (i / size)] + i % size * bytes);
        return result;
    }

    @Override
    public void close() {
        options.close();
        layout.close();
    }
}
