/// Hostile models: mutations of real and of small ones, read and run as a stranger's file would be.
@NullMarked
package ai.vernier.bench.fuzz;

import org.jspecify.annotations.NullMarked;
