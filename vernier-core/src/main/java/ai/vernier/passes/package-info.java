/// Data-free graph work before quantization: constant folding, batch-norm folding, removal of what does nothing.
@NullMarked
package ai.vernier.passes;

import org.jspecify.annotations.NullMarked;
