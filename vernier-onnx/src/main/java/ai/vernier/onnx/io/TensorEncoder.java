package ai.vernier.onnx.io;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import com.google.protobuf.UnsafeByteOperations;
import java.util.List;
import java.util.Optional;

/// [TensorData] → `TensorProto`, without copying the data.
final class TensorEncoder {
    private final Optional<DataFile> beside;

    /// @param beside where large initializers go; empty to keep all inside
    TensorEncoder(Optional<DataFile> beside) {
        this.beside = beside;
    }

    TensorProto initializer(String name, TensorData tensor) {
        TensorProto.Builder builder = describe(tensor).setName(name);
        boolean external = tensor.dataType() != DataType.STRING
                && beside.isPresent()
                && beside.get().takes(tensor.sizeBytes());
        return (external ? putBeside(builder, tensor, beside.get()) : putInside(builder, tensor)).build();
    }

    /// A tensor that is an attribute's value: runtimes expect its data inside.
    TensorProto attribute(TensorData tensor) {
        return putInside(describe(tensor), tensor).build();
    }

    private static TensorProto.Builder describe(TensorData tensor) {
        TensorProto.Builder builder = Metadata.restore(TensorProto.newBuilder(), tensor.details())
                .setDataType(tensor.dataType().number());
        for (long dim : tensor.dims()) {
            builder.addDims(dim);
        }
        if (!tensor.details().docString().isEmpty()) {
            builder.setDocString(tensor.details().docString());
        }
        var extended = List.copyOf(builder.getMetadataPropsList());
        return builder.clearMetadataProps()
                .addAllMetadataProps(Metadata.entries(tensor.details().metadata(), extended));
    }

    private static TensorProto.Builder putInside(TensorProto.Builder builder, TensorData tensor) {
        if (tensor.dataType() != DataType.STRING) {
            return builder.setRawData(
                    UnsafeByteOperations.unsafeWrap(tensor.bytes().asByteBuffer()));
        }
        tensor.strings().forEach(value -> builder.addStringData(UnsafeByteOperations.unsafeWrap(value.toByteArray())));
        return builder;
    }

    private static TensorProto.Builder putBeside(TensorProto.Builder builder, TensorData tensor, DataFile file) {
        long offset = file.place(tensor.bytes());
        return builder.setDataLocation(TensorProto.DataLocation.EXTERNAL_VALUE)
                .addExternalData(Metadata.entry("location", file.location()))
                .addExternalData(Metadata.entry("offset", Long.toString(offset)))
                .addExternalData(Metadata.entry("length", Long.toString(tensor.sizeBytes())));
    }
}
