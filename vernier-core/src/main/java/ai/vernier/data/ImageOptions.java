package ai.vernier.data;

/// How images become tensors, and how many of them at a time.
///
/// @param threads images decoded at the same time; their order is kept
public record ImageOptions(Preprocessing preprocessing, int threads) {
    public ImageOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, found " + threads);
        }
    }
}
