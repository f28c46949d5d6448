package ai.vernier.onnx.io;

import ai.vernier.onnx.io.OnnxProto.GraphProto;
import ai.vernier.onnx.io.OnnxProto.ModelProto;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The bytes of a model file in pieces, of which the weights are the tensors' own bytes: protobuf would
/// copy them to the heap. Together the pieces are what protobuf would write.
final class ModelFile {
    private static final int LENGTH_PREFIXED = 2;

    private final List<MemorySegment> pieces = new ArrayList<>();

    /// An initializer and the data that belong into it; empty where they are elsewhere.
    record Weight(TensorProto description, MemorySegment rawData) {}

    private ModelFile() {}

    /// @param model without its graph
    /// @param graph without its initializers
    static ModelFile of(ModelProto model, GraphProto graph, List<Weight> initializers) {
        ModelFile content = new ModelFile();
        Halves outer = Halves.of(graph, GraphProto.INITIALIZER_FIELD_NUMBER);
        content.add(outer.before);
        initializers.forEach(content::add);
        content.add(outer.after);
        Halves file = Halves.of(model, ModelProto.GRAPH_FIELD_NUMBER);
        content.pieces.addFirst(prefix(ModelProto.GRAPH_FIELD_NUMBER, content.sizeBytes()));
        content.pieces.addFirst(file.before);
        content.add(file.after);
        return content;
    }

    private void add(MemorySegment piece) {
        pieces.add(piece);
    }

    private void add(Weight weight) {
        Halves tensor = Halves.of(weight.description, TensorProto.RAW_DATA_FIELD_NUMBER);
        long size = weight.rawData.byteSize();
        MemorySegment dataPrefix =
                size == 0 ? MemorySegment.ofArray(new byte[0]) : prefix(TensorProto.RAW_DATA_FIELD_NUMBER, size);
        long whole = tensor.before.byteSize() + dataPrefix.byteSize() + size + tensor.after.byteSize();
        add(prefix(GraphProto.INITIALIZER_FIELD_NUMBER, whole));
        add(tensor.before);
        add(dataPrefix);
        add(weight.rawData);
        add(tensor.after);
    }

    /// Tag and length of a field of `size` bytes.
    private static MemorySegment prefix(int field, long size) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream stream = CodedOutputStream.newInstance(bytes);
        try {
            stream.writeTag(field, LENGTH_PREFIXED);
            stream.writeUInt64NoTag(size);
            stream.flush();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return MemorySegment.ofArray(bytes.toByteArray());
    }

    /// A message cut in two where a field that it lacks would stand, protobuf writing fields in the order
    /// of their numbers.
    private record Halves(MemorySegment before, MemorySegment after) {
        static Halves of(MessageLite message, int field) {
            byte[] bytes = message.toByteArray();
            CodedInputStream stream = CodedInputStream.newInstance(bytes);
            try {
                int at = 0;
                int tag = stream.readTag();
                while (tag != 0 && tag >>> 3 < field) {
                    stream.skipField(tag);
                    at = stream.getTotalBytesRead();
                    tag = stream.readTag();
                }
                MemorySegment whole = MemorySegment.ofArray(bytes);
                return new Halves(whole.asSlice(0, at), whole.asSlice(at));
            } catch (IOException e) {
                throw new IllegalStateException("protobuf wrote what it cannot read", e);
            }
        }
    }

    long sizeBytes() {
        return pieces.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    /// The whole file on the heap, at most 2 GiB.
    byte[] toByteArray() {
        byte[] bytes = new byte[Math.toIntExact(sizeBytes())];
        MemorySegment target = MemorySegment.ofArray(bytes);
        long at = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(piece, 0, target, at, piece.byteSize());
            at += piece.byteSize();
        }
        return bytes;
    }

    /// Writes a new file.
    void write(Path file) throws IOException {
        try (SegmentWriter writer = SegmentWriter.create(file)) {
            for (MemorySegment piece : pieces) {
                writer.append(piece);
            }
        }
    }
}
