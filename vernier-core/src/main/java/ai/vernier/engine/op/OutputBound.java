package ai.vernier.engine.op;

/// Tells from a node's inputs, before anything is computed, how large its results will be.
///
/// A bound, not a forecast: it is there to refuse what no machine could hold, and may be loose by a small factor.
@FunctionalInterface
public interface OutputBound {
    /// Extents multiply far beyond a long, hence the floating point.
    ///
    /// @param elements of all results together
    /// @param work multiply-accumulates
    record Size(double elements, double work) {
        static Size of(double elements) {
            return new Size(elements, elements);
        }
    }

    Size of(InputFacts in);
}
