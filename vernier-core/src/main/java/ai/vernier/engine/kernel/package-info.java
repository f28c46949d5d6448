/// The steps of a replay that know all their addresses: operators as copies and calls into C.
/// [ai.vernier.engine.kernel.Kernels] finds the one for a node.
@NullMarked
package ai.vernier.engine.kernel;

import org.jspecify.annotations.NullMarked;
