package ai.vernier.onnx;

import java.util.Optional;

/// The type of a value: a dense tensor, or something this library passes through untouched.
public sealed interface ValueType {
    /// A dense tensor; no shape means that not even the rank is known.
    record TensorType(DataType elementType, Optional<Shape> shape) implements ValueType {}

    /// A sequence, map, optional or sparse tensor (or no type at all), as the bytes of its `TypeProto`.
    record OpaqueType(Bytes encoded) implements ValueType {}
}
