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
import ai.vernier.onnx.io.OnnxProto.GraphProto;
import ai.vernier.onnx.io.OnnxProto.ModelProto;
import ai.vernier.onnx.io.OnnxProto.OperatorSetIdProto;
import ai.vernier.onnx.io.OnnxProto.TensorProto;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExternalDataTest {
    @TempDir
    private Path folder;

    @Test
    void largeInitializersGoToPageBoundariesOfOneFile() throws IOException {
        Model model = model(Map.of("small", 3, "first", 1000, "second", 300));
        Path file = folder.resolve("m.onnx");
        OnnxWriter.write(model, file, new ExternalData.Beside(1024));
        assertThat(files()).containsExactly("m.onnx", "m.onnx.data");
        for (TensorProto tensor : initializers(file)) {
            boolean small = tensor.getName().equals("small");
            assertThat(tensor.getExternalDataCount()).isEqualTo(small ? 0 : 3);
            if (!small) {
                assertThat(Long.parseLong(tensor.getExternalData(1).getValue()) % 4096)
                        .isZero();
            }
        }
        assertThat(OnnxReader.read(file)).isEqualTo(model);
    }

    @Test
    void aModelMayBeWrittenOverTheFilesItWasReadFrom() {
        Model model = model(Map.of("w", 5000));
        Path file = folder.resolve("m.onnx");
        OnnxWriter.write(model, file, new ExternalData.Beside(256));
        Model read = OnnxReader.read(file);
        OnnxWriter.write(read, file, new ExternalData.Beside(256));
        assertThat(read).isEqualTo(model);
        assertThat(OnnxReader.read(file)).isEqualTo(model);
    }

    @Test
    void aFailureLeavesNothingBehind() throws IOException {
        Path occupied = folder.resolve("m.onnx");
        Files.createDirectories(occupied.resolve("full"));
        Model model = model(Map.of("w", 5000));
        assertThatThrownBy(() -> OnnxWriter.write(model, occupied, new ExternalData.Beside(1 << 20)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("cannot be written");
        assertThat(files()).containsExactly("m.onnx");
        assertThatThrownBy(() -> OnnxWriter.write(model, folder.resolve("none/m.onnx")))
                .isInstanceOf(InvalidInputException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/hostname, 0, 16, absolute",
        "C:\\w.data, 0, 16, absolute",
        "../w.data, 0, 16, leaves the model's folder",
        "inner/../../w.data, 0, 16, leaves the model's folder",
        "inner, 0, 16, no regular file",
        "link.data, 0, 16, symbolic link",
        "none.data, 0, 16, no such file",
        "w.data, 1, 16, the file has 16 bytes",
        "w.data, -1, 16, the file has 16 bytes",
        "w.data, 9223372036854775807, 16, the file has 16 bytes",
        "w.data, 0, 15, takes 16 bytes",
        "w.data, zero, 16, expected a number",
    })
    void dataOutsideTheModelsFolderOrTheFileAreRefused(String location, String offset, String length, String why)
            throws IOException {
        Path inside = folder.resolve("model");
        Files.createDirectories(inside.resolve("inner"));
        Files.write(folder.resolve("w.data"), new byte[16]);
        Files.write(inside.resolve("w.data"), new byte[16]);
        Files.createSymbolicLink(inside.resolve("link.data"), folder.resolve("w.data"));
        Path file = Files.write(inside.resolve("m.onnx"), external(location, offset, length));
        assertThatThrownBy(() -> OnnxReader.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("initializer 'w': float[4] ")
                .hasMessageContaining(why);
    }

    @Test
    void dataInsideTheModelsFolderAreRead() throws IOException {
        Files.createDirectories(folder.resolve("inner"));
        Files.write(folder.resolve("inner/w.data"), new byte[32]);
        Path file = Files.write(folder.resolve("m.onnx"), external("inner/w.data", "16", "16"));
        assertThat(OnnxReader.read(file).graph().initializers().get("w"))
                .isEqualTo(TensorData.ofFloats(new float[4], 4));
    }

    @Test
    void dataBeyondTwoGibibytesAreMappedAndDoNotFitInside() throws IOException {
        long size = 3L << 30;
        try (RandomAccessFile sparse =
                new RandomAccessFile(folder.resolve("w.data").toFile(), "rw")) {
            sparse.setLength(size);
            sparse.seek(size - 4);
            sparse.writeInt(Integer.reverseBytes(Float.floatToIntBits(1.5f)));
        }
        TensorProto tensor = tensor("w.data", "0", Long.toString(size)).toBuilder()
                .setDims(0, size / Float.BYTES)
                .build();
        Path file = Files.write(folder.resolve("m.onnx"), model(tensor));
        Model model = OnnxReader.read(file);
        TensorData weights = Objects.requireNonNull(model.graph().initializers().get("w"));
        assertThat(weights.bytes().isMapped()).isTrue();
        assertThat(weights.floatAt(size / Float.BYTES - 1)).isEqualTo(1.5f);
        assertThatThrownBy(() -> OnnxWriter.write(model, file, new ExternalData.Inside()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("store them as external data");
    }

    @Test
    void aModelFromMemoryMayOpenNoFile() {
        byte[] bytes = external("w.data", "0", "16");
        assertThatThrownBy(() -> OnnxReader.read(bytes)).hasMessageContaining("the model was not read from a folder");
    }

    private static byte[] external(String location, String offset, String length) {
        return model(tensor(location, offset, length));
    }

    private static TensorProto tensor(String location, String offset, String length) {
        return TensorProto.newBuilder()
                .setName("w")
                .addDims(4)
                .setDataType(DataType.FLOAT.number())
                .setDataLocation(1)
                .addExternalData(Metadata.entry("location", location))
                .addExternalData(Metadata.entry("offset", offset))
                .addExternalData(Metadata.entry("length", length))
                .build();
    }

    private static byte[] model(TensorProto tensor) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(GraphProto.newBuilder().addInitializer(tensor))
                .build()
                .toByteArray();
    }

    private static Model model(Map<String, Integer> sizes) {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        sizes.forEach((name, size) -> initializers.put(name, TensorData.ofFloats(new float[size], size)));
        List<Value> inputs = List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1)));
        Graph graph = new Graph("g", inputs, inputs, List.of(), initializers, List.of(), Details.NONE);
        return Model.of(graph, 13);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static List<TensorProto> initializers(Path file) throws IOException {
        return ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getInitializerList();
    }
}
