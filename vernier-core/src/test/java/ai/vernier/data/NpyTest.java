package ai.vernier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
    @TempDir
    private Path folder;

    @Test
    void anArchiveReadsBackAsItWasWritten() throws IOException {
        Map<String, TensorData> arrays = new LinkedHashMap<>();
        arrays.put("x", TensorData.ofFloats(new float[] {1, -2, 0.625f}, 3, 1));
        arrays.put("rate", TensorData.ofLongs(new long[] {16_000}));
        Path file = folder.resolve("all.npz");
        Npy.writeAll(file, arrays);
        assertThat(Npy.readAll(file)).containsExactlyEntriesOf(arrays);
        byte[] first = Files.readAllBytes(file);
        Npy.writeAll(file, arrays);
        assertThat(Files.readAllBytes(file)).isEqualTo(first);
        assertThat(folder).isDirectoryNotContaining(path -> path.toString().endsWith(".part"));
    }

    @Test
    void readsVersionOneByteByByte() throws IOException {
        Path file = npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "0000803f 000000c0 0000203f");
        assertThat(Npy.read(file)).isEqualTo(TensorData.ofFloats(new float[] {1, -2, 0.625f}, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void readsAllVersionsOfTheHeader(int version) throws IOException {
        Path file = npy(version, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }", "07 ff");
        assertThat(Npy.read(file)).isEqualTo(TensorData.ofIntegers(DataType.UINT8, new long[] {7, 255}, 1, 2));
    }

    @Test
    void readsBigEndian() throws IOException {
        Path file = npy(1, "{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", "0001 ff00");
        assertThat(Npy.read(file)).isEqualTo(TensorData.ofIntegers(DataType.INT16, new long[] {1, -256}, 2));
        Path doubles = npy(1, "{'descr': '>f8', 'fortran_order': False, 'shape': (), }", "3ff8000000000000");
        assertThat(Npy.read(doubles)).isEqualTo(TensorData.ofDoubles(new double[] {1.5}));
    }

    @Test
    void readsFortranOrder() throws IOException {
        // Element (i, j, k) of [2,3,2] holds 100i + 10j + k; the first index runs fastest in the file.
        String bytes = "00 64 0a 6e 14 78 01 65 0b 6f 15 79";
        Path file = npy(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }", bytes);
        long[] expected = {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};
        assertThat(Npy.read(file)).isEqualTo(TensorData.ofIntegers(DataType.UINT8, expected, 2, 3, 2));
    }

    @Test
    void readsRowsOfFortranAndBigEndianArrays() throws IOException {
        Path file =
                npy(1, "{'descr': '>u2', 'fortran_order': True, 'shape': (3, 2), }", "0001 0002 0003 0004 0005 0006");
        try (NpyFile array = NpyFile.open(file)) {
            TensorData lastTwo = TensorData.ofIntegers(DataType.UINT16, new long[] {2, 5, 3, 6}, 2, 2);
            assertThat(array.rows(1, 2)).isEqualTo(lastTwo);
        }
    }

    @Test
    void writesWhatNumPyWrites() throws IOException {
        Path file = folder.resolve("out.npy");
        Npy.write(file, TensorData.ofFloats(new float[] {1, 2}, 2));
        byte[] bytes = Files.readAllBytes(file);
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
        assertThat(HexFormat.of().formatHex(bytes, 0, 10)).isEqualTo("934e554d505901007600");
        assertThat(new String(bytes, 10, 118, StandardCharsets.US_ASCII))
                .isEqualTo(header + " ".repeat(117 - header.length()) + "\n");
        assertThat(HexFormat.of().formatHex(bytes, 128, bytes.length)).isEqualTo("0000803f00000040");
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "FLOAT16", "FLOAT",
                "DOUBLE"
            })
    void readsWhatItWrote(DataType type) throws IOException {
        byte[] bytes = new byte[24 * type.bits() / 8];
        new Random(7).nextBytes(bytes);
        for (long[] dims : List.of(new long[] {24}, new long[] {2, 3, 4}, new long[] {1, 24, 1, 1})) {
            TensorData tensor = TensorData.ofBytes(type, MemorySegment.ofArray(bytes), dims);
            Path file = folder.resolve("array.npy");
            Npy.write(file, tensor);
            assertThat(Npy.read(file)).isEqualTo(tensor);
        }
    }

    @Test
    void writesScalarsAndEmptyArrays() throws IOException {
        for (TensorData tensor :
                List.of(TensorData.ofFloats(new float[] {3}), TensorData.ofFloats(new float[0], 2, 0, 3))) {
            Npy.write(folder.resolve("odd.npy"), tensor);
            assertThat(Npy.read(folder.resolve("odd.npy"))).isEqualTo(tensor);
        }
    }

    @Test
    void refusesTypesThatNumPyLacks() {
        TensorData strings = TensorData.ofStrings(List.of(Bytes.utf8("a")), 1);
        assertThat(Npy.canHold(DataType.STRING)).isFalse();
        assertThatThrownBy(() -> Npy.write(folder.resolve("s.npy"), strings))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUnfinishedFileNeverAppears() throws IOException {
        Path file = folder.resolve("half.npy");
        try (NpyWriter writer = NpyWriter.create(file, DataType.FLOAT, 2, 2)) {
            writer.append(TensorData.ofFloats(new float[2], 2));
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        Path missing = folder.resolve("missing.npy");
        assertProblem(missing, "missing.npy: no such file; check the path");
        Path text = Files.writeString(folder.resolve("text.npy"), "1 2 3");
        assertProblem(text, "text.npy: not a .npy file (it does not begin with \\x93NUMPY); write it with numpy.save");
        assertProblem(
                npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "0000803f 0000"),
                "array.npy: its header promises 12 bytes of float[3], found 6; the file is cut short, write it again");
        assertProblem(
                npy(1, "{'descr': '<U5', 'fortran_order': False, 'shape': (1,), }", ""),
                "array.npy: element type '<U5' is not supported; "
                        + "convert it with astype to one of bool, int8 … uint64, float16 … float64");
        assertProblem(
                npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 9999999999), }", ""),
                "array.npy: an array of shape [9999999999, 9999999999] cannot exist");
    }

    @Test
    void refusesRecordsAndCutHeaders() throws IOException {
        Path records = npy(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "");
        assertThatThrownBy(() -> Npy.read(records)).hasMessageContaining("expected a header with a plain 'descr'");
        Path cut = Files.write(folder.resolve("cut.npy"), HexFormat.of().parseHex("934e554d505901007600"));
        assertThatThrownBy(() -> Npy.read(cut))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("its header should have 118 bytes, found 0");
    }

    private void assertProblem(Path file, String problem) {
        assertThatThrownBy(() -> Npy.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(folder + "/" + problem);
    }

    private Path npy(int version, String header, String hex) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        int length = header.length() + 1;
        Stream.iterate(length, rest -> rest >> 8)
                .limit(version == 1 ? 2 : 4)
                .forEach(rest -> bytes.write(rest.byteValue()));
        bytes.writeBytes((header + "\n").getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
        return Files.write(folder.resolve("array.npy"), bytes.toByteArray());
    }
}
