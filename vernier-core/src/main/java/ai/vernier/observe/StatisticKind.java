package ai.vernier.observe;

/// What can be known of a tensor's values besides their exact range, which is always known.
public enum StatisticKind {
    BATCH_RANGES,
    HISTOGRAM
}
