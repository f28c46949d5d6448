/// Runs the test cases that the ONNX project publishes for its operators, and tabulates what the engine does with them.
@NullMarked
package ai.vernier.bench.conformance;

import org.jspecify.annotations.NullMarked;
