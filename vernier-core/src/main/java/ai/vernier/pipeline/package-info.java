/// The one place that knows the order of everything: from a float model and samples to a quantized model, its
/// files, its accuracy and its verification.
@NullMarked
package ai.vernier.pipeline;

import org.jspecify.annotations.NullMarked;
