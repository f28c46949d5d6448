/// Samples from files: NumPy arrays, raw lists and images, preprocessed and streamed in batches;
/// labels; and the metrics that judge a network's outputs.
@NullMarked
package ai.vernier.data;

import org.jspecify.annotations.NullMarked;
