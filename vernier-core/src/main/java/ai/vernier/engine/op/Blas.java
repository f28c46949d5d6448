package ai.vernier.engine.op;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The matrix product of the BLAS that LibTorch brings, called directly, on the caller's thread.
@SuppressWarnings("restricted") // calling C is the point
final class Blas {
    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat REAL = ValueLayout.JAVA_FLOAT;

    /// Order, transpositions; m, n, k; alpha, A and its step, B and its step, beta, C and its step.
    private static final MethodHandle PRODUCT = Linker.nativeLinker()
            .downcallHandle(
                    SymbolLookup.loaderLookup()
                            .find("cblas_sgemm")
                            .orElseThrow(() -> new IllegalStateException("LibTorch has no BLAS")),
                    FunctionDescriptor.ofVoid(
                            INT, INT, INT, INT, INT, INT, REAL, ValueLayout.ADDRESS, INT, ValueLayout.ADDRESS, INT,
                            REAL, ValueLayout.ADDRESS, INT));

    private Blas() {}

    /// A matrix in memory, by rows.
    ///
    /// @param step floats from one row, as stored, to the next
    /// @param transposed whether the product takes its rows for columns
    record Operand(MemorySegment data, int step, boolean transposed) {}

    /// m × n sums of k products each.
    record Extents(int m, int n, int k) {}

    /// C ← A · B + beta · C
    ///
    /// @param c the result, never transposed
    static void product(Extents size, Operand a, Operand b, float beta, Operand c) {
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
}
