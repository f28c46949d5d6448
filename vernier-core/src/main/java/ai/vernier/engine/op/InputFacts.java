package ai.vernier.engine.op;

/// What can be told of a node's inputs before it runs: their extents and, where somebody asks, their
/// numbers.
public interface InputFacts {
    /// Inputs, absent optional ones included.
    int size();

    boolean has(int index);

    /// The extents of input `index`, which is there.
    long[] dims(int index);

    /// The elements of an integer input.
    long[] longs(int index);

    /// The elements of a numeric input.
    double[] reals(int index);

    /// The number of elements of input `index`; extents multiply beyond a long.
    default double numel(int index) {
        double count = 1;
        for (long dim : dims(index)) {
            count *= dim;
        }
        return count;
    }
}
