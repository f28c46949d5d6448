package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;

/// One array on disk whose first axis counts samples, read a stretch at a time.
interface SampleArray extends AutoCloseable {
    /// Where the array comes from, for messages.
    String place();

    /// Where `sample` comes from, for messages.
    default String place(long sample) {
        return "%s, sample %d".formatted(place(), sample);
    }

    DataType dataType();

    /// `[samples, …]`; extents that differ from sample to sample are unknown.
    Shape shape();

    /// Number of samples.
    default long size() {
        return shape().rank() == 0 ? 0 : shape().sizes()[0];
    }

    /// Samples `first` … `first + count − 1` along axis 0, as fresh bytes.
    ///
    /// @throws ai.vernier.onnx.InvalidInputException where the file fails
    TensorData rows(long first, int count);

    @Override
    void close();
}
