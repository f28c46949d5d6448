package ai.vernier.onnx.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxProto.ModelProto;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
    private static final long SEED = 31;

    @TempDir
    Path folder;

    private Model readMapped(byte[] bytes) {
        MemorySegment mapped =
                Arena.ofAuto().allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
        mapped.copyFrom(MemorySegment.ofArray(bytes));
        return OnnxReader.read(mapped, folder);
    }

    @Test
    void aModelOutsideOfTheHeapIsReadAsTheSameModel() {
        for (int i = 0; i < 20; i++) {
            byte[] bytes = OnnxWriter.toBytes(new GeneratedModels(SEED + i, true).model());
            assertThat(readMapped(bytes)).as("seed %d", SEED + i).isEqualTo(OnnxReader.read(bytes));
        }
    }

    @Test
    void realModelsAreReadAsTheSameModels() throws IOException {
        for (Path file : ModelFiles.all()) {
            byte[] bytes = Files.readAllBytes(file);
            assertThat(readMapped(bytes)).as(file.toString()).isEqualTo(OnnxReader.read(bytes));
        }
    }

    @Test
    void weightsStayOutsideOfTheHeap() throws IOException {
        long elements = 5 << 20;
        TensorData weight = TensorData.ofBytes(DataType.FLOAT, MemorySegment.ofArray(new byte[20 << 20]), elements);
        Value value = Value.tensor("w", DataType.FLOAT, Shape.of(elements));
        Graph graph =
                new Graph("g", List.of(), List.of(value), List.of(), Map.of("w", weight), List.of(), Details.NONE);
        Path file = folder.resolve("large.onnx");
        OnnxWriter.write(Model.of(graph, 13), file);
        TensorData read = Optional.ofNullable(
                        OnnxReader.read(file).graph().initializers().get("w"))
                .orElseThrow();
        assertThat(read.bytes().isMapped()).isTrue();
        assertThat(read).isEqualTo(weight);
    }

    @Test
    void writingWeightsIntoTheModelFileTakesNoHeapForThem() throws IOException {
        long elements = 16 << 20;
        TensorData weight = TensorData.ofBytes(
                DataType.FLOAT, Arena.ofAuto().allocate(elements * Float.BYTES, Long.BYTES), elements);
        Value value = Value.tensor("w", DataType.FLOAT, Shape.of(elements));
        Graph graph =
                new Graph("g", List.of(), List.of(value), List.of(), Map.of("w", weight), List.of(), Details.NONE);
        Path file = folder.resolve("large.onnx");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        OnnxWriter.write(Model.of(graph, 13), file);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 << 20);
        assertThat(Files.size(file)).isGreaterThan(elements * Float.BYTES);
    }

    @Test
    void theFileIsWhatProtobufWouldWrite() throws IOException {
        for (int i = 0; i < 20; i++) {
            assertCanonical(OnnxWriter.toBytes(new GeneratedModels(SEED + i, true).model()), "seed " + (SEED + i));
        }
        for (Path file : ModelFiles.all()) {
            assertCanonical(OnnxWriter.toBytes(OnnxReader.read(file)), file.toString());
        }
    }

    private static void assertCanonical(byte[] bytes, String what) throws IOException {
        assertThat(ModelProto.parseFrom(bytes).toByteArray()).as(what).isEqualTo(bytes);
    }

    @Test
    void mutatedBytesAreRefusedOrReadAsFromTheHeap() {
        byte[] bytes = OnnxWriter.toBytes(new GeneratedModels(SEED, true).model(1));
        Random random = new Random(SEED);
        for (int i = 0; i < 1500; i++) {
            byte[] mutated = bytes.clone();
            mutated[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            byte[] input = i % 5 == 0 ? Arrays.copyOf(mutated, random.nextInt(bytes.length)) : mutated;
            Optional<Model> fromHeap = attempt(() -> OnnxReader.read(input));
            Optional<Model> fromMapping = attempt(() -> readMapped(input));
            assertThat(fromMapping).as("seed %d, mutation %d", SEED, i).isEqualTo(fromHeap);
        }
    }

    @FunctionalInterface
    private interface Reading {
        Model read();
    }

    private static Optional<Model> attempt(Reading reading) {
        try {
            return Optional.of(reading.read());
        } catch (InvalidInputException _) {
            return Optional.empty();
        }
    }

    @Test
    void lengthsThatTheFileDoesNotHaveAreRefusedWithTheirPlace() {
        // Field 7 (graph), length-prefixed, 2^40 bytes.
        byte[] bytes = {0x3A, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0x20};
        assertThatThrownBy(() -> readMapped(bytes))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("at byte 7")
                .hasMessageContaining("a field of 1099511627776 bytes where 0 are left");
    }

    @Test
    void messagesNestedWithoutEndAreRefused() {
        // graph { node { attribute { g { node { … } } } } }
        byte[] bytes = {};
        int[] fields = {1, 5, 6};
        for (int depth = 0; depth < 400; depth++) {
            bytes = wrapped(fields[(400 - depth) % 3], bytes);
        }
        byte[] model = wrapped(7, bytes);
        assertThatThrownBy(() -> readMapped(model)).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> OnnxReader.read(model)).isInstanceOf(InvalidInputException.class);
    }

    private static byte[] wrapped(int field, byte[] content) {
        byte[] message = new byte[content.length + 4];
        message[0] = (byte) (field << 3 | 2);
        message[1] = (byte) ((content.length & 0x7F) | 0x80);
        message[2] = (byte) (((content.length >> 7) & 0x7F) | 0x80);
        message[3] = (byte) (content.length >> 14);
        System.arraycopy(content, 0, message, 4, content.length);
        return message;
    }
}
