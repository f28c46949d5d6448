/// Quantized models in float arithmetic on the integer grid: weights and activations pass through
/// quantize-dequantize, everything between is float32.
@NullMarked
package ai.vernier.simulate;

import org.jspecify.annotations.NullMarked;
