package ai.vernier.onnx.io;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxProto.ModelProto;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/// Reads ONNX models.
///
/// There is one copy of the weights. Tensors inside a small model file are views of the one array that holds the file;
/// large model files and external data are memory-mapped and must therefore not be changed in place while the model is
/// in use (replacing them, as [OnnxWriter] does, is fine).
///
/// Every method throws [InvalidInputException] with all problems found where the input is no well-formed model. What a
/// file merely claims is never allocated.
public final class OnnxReader {
    /// The longest array that every Java virtual machine can make.
    private static final long MAX_BYTES = Integer.MAX_VALUE - 8L;

    /// Model files from this size on are mapped instead of loaded.
    private static final long MAPPED_BYTES = 16L << 20;

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
            return read(content(file), new ExternalFiles(Optional.ofNullable(folder)), source);
        } catch (IOException e) {
            throw new InvalidInputException(source + ": cannot be read: " + e, e);
        }
    }

    private static MemorySegment content(Path file) throws IOException {
        if (Files.size(file) < MAPPED_BYTES) {
            return MemorySegment.ofArray(Files.readAllBytes(file));
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        }
    }

    /// The model in `bytes`, which nobody may change afterwards; external data are refused.
    public static Model read(byte[] bytes) {
        return read(MemorySegment.ofArray(bytes), new ExternalFiles(Optional.empty()), "model");
    }

    /// The model in `bytes`, which nobody may change afterwards.
    ///
    /// @param folder where external data lie
    public static Model read(MemorySegment bytes, Path folder) {
        return read(bytes, new ExternalFiles(Optional.of(folder)), "model");
    }

    /// The single tensor (`TensorProto`) in `bytes`, as test data are stored; nobody may change them afterwards.
    public static TensorData readTensor(byte[] bytes) {
        Problems problems = new Problems("tensor");
        try {
            TensorProto proto = TensorProto.parseFrom(UnsafeByteOperations.unsafeWrap(bytes));
            TensorData tensor = new TensorDecoder(new ExternalFiles(Optional.empty()), Optional.empty(), problems)
                    .decode(proto, proto.getName());
            problems.throwIfAny();
            return tensor;
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidInputException("truncated or not an ONNX tensor: " + e.getMessage(), e);
        }
    }

    private static Model read(MemorySegment bytes, ExternalFiles files, String source) {
        checkSize(bytes.byteSize(), source);
        Optional<WeightSplit.Parts> split = bytes.isNative() ? Optional.of(split(bytes, source)) : Optional.empty();
        ByteString structure = split.map(WeightSplit.Parts::structure)
                .orElseGet(() -> UnsafeByteOperations.unsafeWrap(bytes.asByteBuffer()));
        ModelProto proto = parse(structure, source);
        Problems problems = new Problems(source);
        Model model = new ModelDecoder(new TensorDecoder(files, split, problems), problems).model(proto);
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

    /// Protobuf would copy what is not on the heap.
    private static WeightSplit.Parts split(MemorySegment bytes, String source) {
        try {
            return WeightSplit.of(bytes);
        } catch (WeightSplit.Malformed e) {
            throw new InvalidInputException(
                    "%s: truncated or not an ONNX model: %s of %d".formatted(source, e.getMessage(), bytes.byteSize()),
                    e);
        }
    }

    private static ModelProto parse(ByteString bytes, String source) {
        CodedInputStream input = bytes.newCodedInput();
        input.enableAliasing(true);
        try {
            ModelProto proto = ModelProto.parseFrom(input);
            input.checkLastTagWas(0);
            return proto;
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidInputException(
                    "%s: truncated or not an ONNX model: at byte %d of %d: %s"
                            .formatted(source, input.getTotalBytesRead(), bytes.size(), e.getMessage()),
                    e);
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
    }
}
