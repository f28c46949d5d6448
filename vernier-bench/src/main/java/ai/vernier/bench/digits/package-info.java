/// The bundled example made from nothing: digits that a seeded generator draws, a small depthwise-separable network
/// trained on them through LibTorch autograd, and its ONNX file with the batch norms still in place.
@NullMarked
package ai.vernier.bench.digits;

import org.jspecify.annotations.NullMarked;
