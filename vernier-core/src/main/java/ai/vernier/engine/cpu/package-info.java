/// The C libraries inside LibTorch, called directly: XNNPACK and its pool of threads, oneDNN's packed weights, BLAS.
/// What they promise is checked before their functions are touched.
@NullMarked
package ai.vernier.engine.cpu;

import org.jspecify.annotations.NullMarked;
