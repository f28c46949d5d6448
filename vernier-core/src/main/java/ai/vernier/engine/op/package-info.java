/// The operator library: one table entry per ONNX operator and version, one file per family, an operator is its formula
/// and little else.
@NullMarked
package ai.vernier.engine.op;

import org.jspecify.annotations.NullMarked;
