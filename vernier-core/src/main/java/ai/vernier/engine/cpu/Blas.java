package ai.vernier.engine.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The matrix product of the BLAS that LibTorch brings, called directly, on the caller's thread.
@SuppressWarnings("restricted") // calling C is the point
public final class Blas {
    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat REAL = ValueLayout.JAVA_FLOAT;
    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    /// Order, transpositions; m, n, k; alpha, A and its step, B and its step, beta, C and its step.
    private static final MethodHandle PRODUCT =
            function("cblas_sgemm", INT, INT, INT, INT, INT, INT, REAL, POINTER, INT, POINTER, INT, REAL, POINTER, INT);

    /// Order, transposition, rows, columns, alpha, A and its step, B and its step; OpenBLAS's own.
    private static final MethodHandle COPY =
            function("cblas_somatcopy", INT, INT, INT, INT, REAL, POINTER, INT, POINTER, INT);

    private Blas() {}

    private static MethodHandle function(String name, MemoryLayout... arguments) {
        MemorySegment address = SymbolLookup.loaderLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("LibTorch's BLAS has no function " + name));
        return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.ofVoid(arguments));
    }

    /// A matrix in memory, by rows.
    ///
    /// @param step floats from one row, as stored, to the next
    /// @param transposed whether the product takes its rows for columns
    public record Operand(MemorySegment data, int step, boolean transposed) {}

    /// m × n sums of k products each.
    public record Extents(int m, int n, int k) {}

    /// C ← A · B + beta · C
    ///
    /// @param c the result, never transposed
    public static void product(Extents size, Operand a, Operand b, float beta, Operand c) {
        try {
            PRODUCT.invokeExact(
                    ROW_MAJOR,
                    a.transposed ? TRANSPOSED : PLAIN,
                    b.transposed ? TRANSPOSED : PLAIN,
                    size.m,
                    size.n,
                    size.k,
                    1f,
                    a.data,
                    a.step,
                    b.data,
                    b.step,
                    beta,
                    c.data,
                    c.step);
        } catch (Throwable e) {
            throw new IllegalStateException("the matrix product fails", e);
        }
    }

    /// B ← Aᵀ
    ///
    /// @param size of A, m rows of n; k is not used
    static void transpose(Extents size, Operand a, Operand b) {
        try {
            COPY.invokeExact(ROW_MAJOR, TRANSPOSED, size.m, size.n, 1f, a.data, a.step, b.data, b.step);
        } catch (Throwable e) {
            throw new IllegalStateException("the transposition fails", e);
        }
    }
}
