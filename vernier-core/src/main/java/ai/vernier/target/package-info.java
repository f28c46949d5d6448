/// Hardware profiles as data files: which operators compute on integers, in which formats, what is fused, and whose
/// grids are tied.
@NullMarked
package ai.vernier.target;

import org.jspecify.annotations.NullMarked;
