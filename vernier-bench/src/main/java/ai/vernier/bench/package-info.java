/// Whole-run benchmarks, and what they need: measuring data prepared as each network was trained on, and evaluators
/// beyond top-k.
@NullMarked
package ai.vernier.bench;

import org.jspecify.annotations.NullMarked;
