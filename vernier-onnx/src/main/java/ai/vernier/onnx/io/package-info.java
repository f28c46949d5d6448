/// Reads and writes ONNX models: the binary format with data inside or beside the file, and ONNX's text form.
@NullMarked
package ai.vernier.onnx.io;

import org.jspecify.annotations.NullMarked;
