/// What models and results amount to, as records: sizes and costs. No drawing, no tensors.
@NullMarked
package ai.vernier.analyze;

import org.jspecify.annotations.NullMarked;
