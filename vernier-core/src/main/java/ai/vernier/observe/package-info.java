/// Statistics of tensors as values that merge exactly, and the collector that gathers them in one
/// streaming pass.
@NullMarked
package ai.vernier.observe;

import org.jspecify.annotations.NullMarked;
