package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;

/// An array in memory whose first axis counts samples; rows are views.
///
/// @param place where it comes from, for messages
record HeldArray(String place, TensorData tensor) implements SampleArray {
    @Override
    public DataType dataType() {
        return tensor.dataType();
    }

    @Override
    public Shape shape() {
        return Shape.of(tensor.dims());
    }

    @Override
    public TensorData rows(long first, int count) {
        long rowBytes = tensor.sizeBytes() / tensor.dim(0);
        long[] dims = tensor.dims();
        dims[0] = count;
        return TensorData.ofBytes(tensor.dataType(), tensor.bytes().asSlice(first * rowBytes, count * rowBytes), dims);
    }

    @Override
    public void close() {
        // Nothing but memory is held.
    }
}
