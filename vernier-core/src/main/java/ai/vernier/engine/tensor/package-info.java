/// Tensors on their way between the Java heap, LibTorch and plain memory.
@NullMarked
package ai.vernier.engine.tensor;

import org.jspecify.annotations.NullMarked;
