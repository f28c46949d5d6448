package ai.vernier.onnx;

import java.util.Optional;

/// A named, typed value: a graph input, a graph output or a described intermediate (`ValueInfoProto`).
public record Value(String name, ValueType type, Details details) {
    public static Value tensor(String name, DataType elementType, Shape shape) {
        return new Value(name, new ValueType.TensorType(elementType, Optional.of(shape)), Details.NONE);
    }

    /// The element type where the value is a tensor.
    public Optional<DataType> elementType() {
        return type instanceof ValueType.TensorType tensor ? Optional.of(tensor.elementType()) : Optional.empty();
    }

    /// The shape where the value is a tensor of known rank.
    public Optional<Shape> shape() {
        return type instanceof ValueType.TensorType tensor ? tensor.shape() : Optional.empty();
    }
}
