/// The operator library under examination: random nodes of every operator and opset, judged by ONNX Runtime.
@NullMarked
package ai.vernier.bench.opsets;

import org.jspecify.annotations.NullMarked;
