/// Edits graphs: one editor, rules that say why they do not apply, and passes that keep a log.
@NullMarked
package ai.vernier.onnx.rewrite;

import org.jspecify.annotations.NullMarked;
