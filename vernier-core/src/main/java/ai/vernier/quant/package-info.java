/// The vocabulary of quantization and its *defining* arithmetic on host arrays: number formats, granularity,
/// encodings, quantize and dequantize. One convention throughout: `real = scale · (q − zeroPoint)`.
@NullMarked
package ai.vernier.quant;

import org.jspecify.annotations.NullMarked;
