/// Files that other tools read: QDQ ONNX models and encodings files, and their readers.
@NullMarked
package ai.vernier.export;

import org.jspecify.annotations.NullMarked;
