package ai.vernier.engine;

/// What the constants of a model, all together, may take when they are folded: each may be made from the one before, or
/// thousands from the same, so that bounds for each alone bound nothing.
final class FoldingBudget {
    /// Bytes of results.
    private static final long MAX_BYTES = 256L << 20;

    /// Multiply-accumulates: some tenths of a second.
    private static final double MAX_WORK = 1L << 33;

    private long bytes = MAX_BYTES;
    private double work = MAX_WORK;

    /// Whether that many multiply-accumulates more may be done; they count as done then.
    boolean mayWork(double multiplyAccumulates) {
        if (multiplyAccumulates > work) {
            return false;
        }
        work -= multiplyAccumulates;
        return true;
    }

    /// Whether results of that size may be kept; they count as kept then.
    boolean mayKeep(long sizeBytes) {
        if (sizeBytes > bytes) {
            return false;
        }
        bytes -= sizeBytes;
        return true;
    }
}
