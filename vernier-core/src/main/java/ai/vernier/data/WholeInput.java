package ai.vernier.data;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.nio.file.Path;
import java.util.List;

/// One `.npy` file that is one whole model input.
final class WholeInput {
    private WholeInput() {}

    /// @param problems receives what does not fit
    static TensorData read(Path file, Value input, List<String> problems) {
        try {
            TensorData tensor = Npy.read(file);
            InputBinding binding = new InputBinding(input, onlySample(file, tensor));
            List<String> found = binding.problems();
            problems.addAll(found);
            return found.isEmpty() ? binding.read(0, 1, problems) : tensor;
        } catch (InvalidInputException e) {
            problems.addAll(e.problems());
            return TensorData.ofFloats(new float[0], 0);
        }
    }

    private static SampleArray onlySample(Path file, TensorData tensor) {
        long[] dims = new long[tensor.rank() + 1];
        dims[0] = 1;
        System.arraycopy(tensor.dims(), 0, dims, 1, tensor.rank());
        return new HeldArray(file + ", taken as one whole input", tensor.reshaped(dims));
    }
}
