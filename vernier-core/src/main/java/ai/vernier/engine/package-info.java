/// Runs a graph on LibTorch: compiles a model once, then executes it on batches, shows chosen values to a hook, and
/// frees what is dead.
@NullMarked
package ai.vernier.engine;

import org.jspecify.annotations.NullMarked;
