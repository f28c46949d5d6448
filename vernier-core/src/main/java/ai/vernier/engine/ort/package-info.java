/// ONNX Runtime, twice: as fallback for single operators that the engine lacks, and as independent judge of whole
/// models.
@NullMarked
package ai.vernier.engine.ort;

import org.jspecify.annotations.NullMarked;
