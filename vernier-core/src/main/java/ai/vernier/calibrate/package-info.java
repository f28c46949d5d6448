/// Statistics to encodings: every range method, and the sharing of grids that the plan asks for.
@NullMarked
package ai.vernier.calibrate;

import org.jspecify.annotations.NullMarked;
