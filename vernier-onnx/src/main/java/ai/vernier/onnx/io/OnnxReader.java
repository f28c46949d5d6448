package ai.vernier.onnx.io;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxProto.ModelProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Reads ONNX models.
///
/// There is one copy of the weights: tensors inside the model file are views of the one array that holds the file, and
/// external data are views of memory-mapped files, which therefore must not be changed in place while the model is in
/// use (replacing them, as [OnnxWriter] does, is fine).
///
/// Every method throws [InvalidInputException] with all problems found where the input is no well-formed model. What a
/// file merely claims is never allocated.
public final class OnnxReader {
    /// The longest array that every Java virtual machine can make.
    private static final long MAX_BYTES = Integer.MAX_VALUE - 8L;

    private OnnxReader() {}

    /// The model in `file`, its external data in files of the same folder.
    public static Model read(Path file) {
        String source = file.toString();
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException(source
                    + (Files.exists(file) ? ": is no regular file" : ": no such file")
                    + "; expected an ONNX model");
        }
        Path folder = file.toAbsolutePath().getParent();
        try {
            checkSize(Files.size(file), source);
            MemorySegment bytes = MemorySegment.ofArray(Files.readAllBytes(file));
            return read(bytes, new ExternalFiles(Optional.ofNullable(folder)), source);
        } catch (IOException e) {
            throw new InvalidInputException(source + ": cannot be read: " + e, e);
        }
    }

    /// The model in `bytes`, which nobody may change afterwards; external data are refused.
    public static Model read(byte[] bytes) {
        return read(MemorySegment.ofArray(bytes), new ExternalFiles(Optional.empty()), "model");
    }

    /// The model in `bytes`, which nobody may change afterwards. Native memory is copied to the heap.
    ///
    /// @param folder where external data lie
    public static Model read(MemorySegment bytes, Path folder) {
        return read(bytes, new ExternalFiles(Optional.of(folder)), "model");
    }

    private static Model read(MemorySegment bytes, ExternalFiles files, String source) {
        ModelProto proto = parse(bytes, source);
        Problems problems = new Problems(source);
        Model model = new ModelDecoder(new TensorDecoder(files, problems), problems).model(proto);
        new StructureCheck(problems).check(model);
        problems.throwIfAny();
        return model;
    }

    private static void checkSize(long sizeBytes, String source) {
        if (sizeBytes > MAX_BYTES) {
            throw new InvalidInputException(
                    "%s: has %d bytes, more than the 2 GiB of a protobuf message; store its weights as external data"
                            .formatted(source, sizeBytes));
        }
    }

    private static ModelProto parse(MemorySegment bytes, String source) {
        checkSize(bytes.byteSize(), source);
        ByteString wrapped = UnsafeByteOperations.unsafeWrap(bytes.asByteBuffer());
        CodedInputStream input = wrapped.newCodedInput();
        input.enableAliasing(true);
        try {
            ModelProto proto = ModelProto.parseFrom(input);
            input.checkLastTagWas(0);
            return proto;
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidInputException(
                    "%s: truncated or not an ONNX model: at byte %d of %d: %s"
                            .formatted(source, input.getTotalBytesRead(), bytes.byteSize(), e.getMessage()),
                    e);
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
    }
}
