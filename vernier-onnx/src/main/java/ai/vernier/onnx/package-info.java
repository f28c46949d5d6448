/// ONNX as immutable Java values: models, graphs, nodes, attributes, types and tensors, named as in the
/// [ONNX specification](https://onnx.ai/onnx/repo-docs/IR.html).
@NullMarked
package ai.vernier.onnx;

import org.jspecify.annotations.NullMarked;
