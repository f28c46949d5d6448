/// What quantization costs real networks: one evaluator per task behind one face, and the table over all of them.
@NullMarked
package ai.vernier.bench.accuracy;

import org.jspecify.annotations.NullMarked;
