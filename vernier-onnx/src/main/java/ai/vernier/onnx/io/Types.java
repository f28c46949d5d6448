package ai.vernier.onnx.io;

import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.io.OnnxProto.TensorShapeProto;
import ai.vernier.onnx.io.OnnxProto.TypeProto;
import ai.vernier.onnx.io.OnnxProto.ValueInfoProto;
import java.util.List;
import java.util.Optional;

/// Values and their types from and to `ValueInfoProto` and `TypeProto`.
final class Types {
    private Types() {}

    static Value decode(ValueInfoProto proto) {
        ValueType type = decode(proto.getType());
        ValueInfoProto.Builder remainder = ValueInfoProto.newBuilder()
                .addAllMetadataProps(Metadata.extended(proto.getMetadataPropsList()))
                .setUnknownFields(proto.getUnknownFields());
        if (!encode(type).equals(proto.getType())) {
            // Denotations, string bounds and the like: the type is kept whole, see encode(Value).
            remainder.setType(proto.getType());
        }
        return new Value(
                proto.getName(),
                type,
                Metadata.details(proto.getDocString(), proto.getMetadataPropsList(), remainder.build()));
    }

    static ValueInfoProto encode(Value value) {
        ValueInfoProto.Builder builder = Metadata.restore(ValueInfoProto.newBuilder(), value.details());
        TypeProto encoded = encode(value.type());
        boolean keptTypeHolds = builder.hasType() && decode(builder.getType()).equals(value.type());
        if (!keptTypeHolds) {
            builder.clearType();
            if (encoded.getSerializedSize() > 0) {
                builder.setType(encoded);
            }
        }
        if (!value.details().docString().isEmpty()) {
            builder.setDocString(value.details().docString());
        }
        var extended = List.copyOf(builder.getMetadataPropsList());
        return builder.setName(value.name())
                .clearMetadataProps()
                .addAllMetadataProps(Metadata.entries(value.details().metadata(), extended))
                .build();
    }

    static ValueType decode(TypeProto proto) {
        if (proto.hasTensorType()) {
            TypeProto.Tensor tensor = proto.getTensorType();
            Optional<DataType> elementType = DataType.ofNumber(tensor.getElemType());
            if (elementType.isPresent()) {
                Optional<Shape> shape = tensor.hasShape() ? Optional.of(decode(tensor.getShape())) : Optional.empty();
                return new ValueType.TensorType(elementType.get(), shape);
            }
        }
        return new ValueType.OpaqueType(Bytes.of(proto.toByteArray()));
    }

    static TypeProto encode(ValueType type) {
        return switch (type) {
            case ValueType.TensorType(DataType elementType, Optional<Shape> shape) -> {
                TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(elementType.number());
                shape.ifPresent(known -> tensor.setShape(encode(known)));
                yield TypeProto.newBuilder().setTensorType(tensor).build();
            }
            case ValueType.OpaqueType(Bytes encoded) ->
                Metadata.restore(TypeProto.newBuilder(), encoded).build();
        };
    }

    private static Shape decode(TensorShapeProto proto) {
        return new Shape(proto.getDimList().stream().map(Types::decode).toList());
    }

    /// A negative extent and the name `?`, which some exporters write, and an empty name mean "unknown": extents of a
    /// name are equal, those of several `?` need not be.
    private static Dimension decode(TensorShapeProto.Dimension proto) {
        if (proto.hasDimValue() && proto.getDimValue() >= 0) {
            return new Dimension.Known(proto.getDimValue());
        }
        String name = proto.getDimParam();
        return name.isEmpty() || name.equals("?") ? new Dimension.Unknown() : new Dimension.Symbolic(name);
    }

    private static TensorShapeProto encode(Shape shape) {
        TensorShapeProto.Builder builder = TensorShapeProto.newBuilder();
        for (Dimension dimension : shape.dimensions()) {
            switch (dimension) {
                case Dimension.Known(long size) -> builder.addDimBuilder().setDimValue(size);
                case Dimension.Symbolic(String name) -> builder.addDimBuilder().setDimParam(name);
                case Dimension.Unknown() -> builder.addDimBuilder();
            }
        }
        return builder.build();
    }
}
