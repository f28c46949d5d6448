package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Shape;
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
            SampleArray one = new HeldArray(file, tensor);
            InputBinding binding = new InputBinding(input, one);
            List<String> found = binding.problems();
            problems.addAll(found);
            return found.isEmpty() ? binding.read(0, 1, problems) : tensor;
        } catch (InvalidInputException e) {
            problems.addAll(e.problems());
            return TensorData.ofFloats(new float[0], 0);
        }
    }

    /// A tensor as the only sample of an array.
    private record HeldArray(Path file, TensorData tensor) implements SampleArray {
        @Override
        public String place() {
            return file + ", taken as one whole input";
        }

        @Override
        public String place(long sample) {
            return place();
        }

        @Override
        public DataType dataType() {
            return tensor.dataType();
        }

        @Override
        public Shape shape() {
            long[] dims = new long[tensor.rank() + 1];
            dims[0] = 1;
            System.arraycopy(tensor.dims(), 0, dims, 1, tensor.rank());
            return Shape.of(dims);
        }

        @Override
        public TensorData rows(long first, int count) {
            return tensor.reshaped(shape().sizes());
        }

        @Override
        public void close() {
            // The file was closed after reading.
        }
    }
}
