/// Algorithms that change a quantized model's parameters with the help of data: each declares what it needs, makes its
/// passes and returns a new model.
@NullMarked
package ai.vernier.algorithm;

import org.jspecify.annotations.NullMarked;
