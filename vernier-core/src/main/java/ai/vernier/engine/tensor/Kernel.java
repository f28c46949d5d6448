package ai.vernier.engine.tensor;

/// A step of a replay: computes the same result tensors, always at the same addresses, from whatever now stands in the
/// same input tensors.
@FunctionalInterface
public interface Kernel extends AutoCloseable {
    void run();

    /// Frees what the kernel holds.
    @Override
    default void close() {}

    /// First this one, then `next`.
    default Kernel then(Kernel next) {
        Kernel first = this;
        return new Kernel() {
            @Override
            public void run() {
                first.run();
                next.run();
            }

            @Override
            public void close() {
                first.close();
                next.close();
            }
        };
    }
}
