package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Writes ONNX models. What is read from the written bytes equals the model that was written.
///
/// Files are written under a temporary name in the same folder and then moved into place, so that a failure leaves
/// nothing half-written; a model may be written over the file that it was read from.
public final class OnnxWriter {
    /// A protobuf message has less than 2 GiB; this much of it is left for nodes, names and types.
    private static final long STRUCTURE_BYTES = 1L << 26;

    private static final long INSIDE_BYTES = (1L << 31) - STRUCTURE_BYTES;

    /// Smaller tensors are not worth a memory page.
    private static final long DEFAULT_THRESHOLD = 1024;

    private OnnxWriter() {}

    /// Writes `model` to `file`; weights go into a file beside it only where they exceed the 2 GiB of one ONNX file.
    ///
    /// @throws InvalidInputException where the file cannot be written
    public static void write(Model model, Path file) {
        boolean fits = tensorBytes(model, Long.MAX_VALUE) <= INSIDE_BYTES;
        write(model, file, fits ? new ExternalData.Inside() : new ExternalData.Beside(DEFAULT_THRESHOLD));
    }

    /// Writes `model` to `file`.
    ///
    /// @throws InvalidInputException where the file cannot be written, or what stays inside exceeds 2 GiB
    public static void write(Model model, Path file, ExternalData externalData) {
        Optional<DataFile> beside = switch (externalData) {
            case ExternalData.Inside() -> Optional.empty();
            case ExternalData.Beside(long threshold) ->
                Optional.of(new DataFile(file.getFileName() + ".data", threshold));
        };
        checkSize(model, externalData, file.toString());
        ModelFile content = new ModelEncoder(new TensorEncoder(beside)).file(model);
        String temporary = "." + file.getFileName() + "." + UUID.randomUUID() + ".tmp";
        Path temporaryModel = file.resolveSibling(temporary);
        Path temporaryData = file.resolveSibling(temporary + ".data");
        try {
            if (beside.isPresent() && !beside.get().isEmpty()) {
                beside.get().write(temporaryData);
            }
            content.write(temporaryModel);
            if (Files.exists(temporaryData)) {
                move(temporaryData, file.resolveSibling(beside.orElseThrow().location()));
            }
            move(temporaryModel, file);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be written: " + e, e);
        } finally {
            delete(temporaryData);
            delete(temporaryModel);
        }
    }

    /// The bytes of a file that holds everything inside.
    ///
    /// @throws InvalidInputException where they exceed 2 GiB
    public static byte[] toBytes(Model model) {
        checkSize(model, new ExternalData.Inside(), "model");
        return new ModelEncoder(new TensorEncoder(Optional.empty())).file(model).toByteArray();
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException _) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void delete(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException _) {
            // The reason why writing failed is told by the exception on its way.
        }
    }

    private static void checkSize(Model model, ExternalData externalData, String target) {
        long threshold = switch (externalData) {
            case ExternalData.Inside() -> Long.MAX_VALUE;
            case ExternalData.Beside(long bytes) -> bytes;
        };
        long inside = tensorBytes(model, threshold);
        if (inside > INSIDE_BYTES) {
            throw new InvalidInputException(
                    "%s: %d bytes of tensors do not fit into one ONNX file of 2 GiB; store them as external data"
                            .formatted(target, inside));
        }
    }

    /// Bytes of all tensors that stay inside: attributes, and initializers below `threshold`.
    private static long tensorBytes(Model model, long threshold) {
        long inFunctions = model.functions().stream()
                .flatMap(function -> function.nodes().stream())
                .flatMap(node -> node.attributes().values().stream())
                .mapToLong(attribute -> tensorBytes(attribute, threshold))
                .sum();
        return inFunctions + tensorBytes(model.graph(), threshold);
    }

    private static long tensorBytes(Graph graph, long threshold) {
        long initializers = graph.initializers().values().stream()
                .mapToLong(TensorData::sizeBytes)
                .filter(size -> size < threshold)
                .sum();
        long attributes = graph.nodes().stream()
                .flatMap(node -> node.attributes().values().stream())
                .mapToLong(attribute -> tensorBytes(attribute, threshold))
                .sum();
        return initializers + attributes;
    }

    private static long tensorBytes(Attribute attribute, long threshold) {
        return switch (attribute) {
            case Attribute.TensorValue(TensorData value) -> value.sizeBytes();
            case Attribute.TensorsValue(List<TensorData> values) ->
                values.stream().mapToLong(TensorData::sizeBytes).sum();
            case Attribute.GraphValue(Graph value) -> tensorBytes(value, threshold);
            case Attribute.GraphsValue(List<Graph> values) ->
                values.stream()
                        .mapToLong(value -> tensorBytes(value, threshold))
                        .sum();
            case Attribute.FloatValue _,
                    Attribute.IntValue _,
                    Attribute.StringValue _,
                    Attribute.FloatsValue _,
                    Attribute.IntsValue _,
                    Attribute.StringsValue _,
                    Attribute.Reference _,
                    Attribute.OpaqueValue _ -> 0;
        };
    }
}
