package ai.vernier.onnx.io;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import com.google.protobuf.UnsafeByteOperations;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// [TensorData] → `TensorProto`.
final class TensorEncoder {
    private static final MemorySegment NO_DATA = MemorySegment.ofArray(new byte[0]);

    private final Optional<DataFile> beside;

    /// @param beside where large initializers go; empty to keep all inside
    TensorEncoder(Optional<DataFile> beside) {
        this.beside = beside;
    }

    /// An initializer of a sub-graph, with its data.
    TensorProto initializer(String name, TensorData tensor) {
        TensorProto.Builder builder = describe(tensor).setName(name);
        return (isBeside(tensor) ? putBeside(builder, tensor) : putInside(builder, tensor)).build();
    }

    /// An initializer of the outermost graph: its data, which may be large, stay where they are.
    ModelFile.Weight weight(String name, TensorData tensor) {
        boolean apart = tensor.sizeBytes() > 0 && tensor.dataType() != DataType.STRING && !isBeside(tensor);
        return apart
                ? new ModelFile.Weight(describe(tensor).setName(name).build(), tensor.bytes())
                : new ModelFile.Weight(initializer(name, tensor), NO_DATA);
    }

    private boolean isBeside(TensorData tensor) {
        return tensor.dataType() != DataType.STRING
                && beside.filter(file -> file.takes(tensor.sizeBytes())).isPresent();
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

    private TensorProto.Builder putBeside(TensorProto.Builder builder, TensorData tensor) {
        DataFile file = beside.orElseThrow();
        long offset = file.place(tensor.bytes());
        return builder.setDataLocation(TensorProto.DataLocation.EXTERNAL_VALUE)
                .addExternalData(Metadata.entry("location", file.location()))
                .addExternalData(Metadata.entry("offset", Long.toString(offset)))
                .addExternalData(Metadata.entry("length", Long.toString(tensor.sizeBytes())));
    }
}
