package ai.vernier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSourcesTest {
    private static final ModelInputs IMAGE = inputs(input("x", DataType.FLOAT, -1, 2, 3));
    private static final ModelInputs PAIR = inputs(input("a", DataType.FLOAT, -1, 2), input("b", DataType.INT64, -1));

    @TempDir
    private Path folder;

    @Test
    void anArrayFeedsItsRows() throws IOException {
        Path file = npy("x.npy", TensorData.ofFloats(counting(30), 5, 2, 3));
        try (SampleSource source = DataSources.open(file, IMAGE)) {
            assertThat(source.size()).isEqualTo(5);
            assertThat(source.inputNames()).containsExactly("x");
            assertThat(source.batches(4)).extracting(Batch::count).containsExactly(4, 1);
            assertThat(source.read(4, 1).inputs())
                    .containsExactly(
                            Map.entry("x", TensorData.ofFloats(new float[] {24, 25, 26, 27, 28, 29}, 1, 2, 3)));
        }
    }

    @Test
    void anArrayOfOneAxisMoreFeedsWholeInputsOneByOne() throws IOException {
        Path file = npy("x.npy", TensorData.ofFloats(counting(12), 2, 1, 2, 3));
        try (SampleSource source = DataSources.open(file, IMAGE)) {
            assertThat(source.batches(8)).extracting(Batch::count).containsExactly(1, 1);
            assertThat(source.read(1, 1).inputs().values())
                    .containsExactly(TensorData.ofFloats(new float[] {6, 7, 8, 9, 10, 11}, 1, 2, 3));
        }
    }

    @Test
    void wideningKeepsEveryValue() throws IOException {
        Path tokens = npy("t.npy", TensorData.ofIntegers(DataType.UINT16, new long[] {0, 65535, 7, 8}, 2, 2));
        assertFirstBatch(
                tokens, input("t", DataType.INT64, -1, 2), TensorData.ofLongs(new long[] {0, 65535, 7, 8}, 2, 2));
        assertFirstBatch(
                tokens, input("t", DataType.FLOAT, -1, 2), TensorData.ofFloats(new float[] {0, 65535, 7, 8}, 2, 2));
        Path halves = npy("h.npy", FloatElements.write(new double[] {0.5, -2}, DataType.FLOAT16, 2));
        assertFirstBatch(halves, input("h", DataType.FLOAT, -1), TensorData.ofFloats(new float[] {0.5f, -2}, 2));
        Path flags = npy("f.npy", TensorData.ofIntegers(DataType.BOOL, new long[] {1, 0}, 2));
        assertFirstBatch(flags, input("f", DataType.FLOAT, -1), TensorData.ofFloats(new float[] {1, 0}, 2));
    }

    @Test
    void doublesAreRoundedToFloats() throws IOException {
        Path file = npy("d.npy", TensorData.ofDoubles(new double[] {0.1, 1 + 0x1p-25}, 2));
        assertFirstBatch(file, input("d", DataType.FLOAT, -1), TensorData.ofFloats(new float[] {0.1f, 1}, 2));
        assertFirstBatch(
                file,
                input("d", DataType.BFLOAT16, -1),
                FloatElements.write(new double[] {0.10009765625, 1}, DataType.BFLOAT16, 2));
    }

    @Test
    void narrowingThatLosesAValueNamesIt() throws IOException {
        Path file = npy("i.npy", TensorData.ofLongs(new long[] {1, 2, 3, 1 << 24, (1 << 24) + 1, 6}, 3, 2));
        assertReadFails(
                file,
                input("i", DataType.FLOAT, -1, 2),
                file + ", sample 2: element [0] is 16777217, expected a value that keeps its exact worth as float; "
                        + "correct the data");
        assertReadFails(
                file,
                input("i", DataType.INT8, -1, 2),
                file + ", sample 1: element [1] is 16777216, expected a value that keeps its exact worth as int8; "
                        + "correct the data");
        Path big = npy("u.npy", TensorData.ofIntegers(DataType.UINT64, new long[] {-1}, 1));
        assertReadFails(
                big,
                input("u", DataType.INT64, -1),
                big + ", sample 0: element [] is 18446744073709551615, expected a value that keeps its exact worth as "
                        + "int64; correct the data");
        Path limit = npy("l.npy", TensorData.ofLongs(new long[] {Long.MAX_VALUE}, 1));
        assertReadFails(
                limit,
                input("l", DataType.DOUBLE, -1),
                limit + ", sample 0: element [] is 9223372036854775807, "
                        + "expected a value that keeps its exact worth as double; correct the data");
    }

    @Test
    void notANumberIsReportedWithItsPlace() throws IOException {
        float[] values = counting(30);
        values[25] = Float.NaN;
        Path file = npy("x.npy", TensorData.ofFloats(values, 5, 2, 3));
        try (SampleSource source = DataSources.open(file, IMAGE)) {
            assertThat(source.read(0, 4).count()).isEqualTo(4);
            assertThatThrownBy(() -> source.read(2, 3))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(file + ", sample 4: element [0,1] is NaN, expected a finite float; correct the data");
        }
        Path doubles = npy("d.npy", TensorData.ofDoubles(new double[] {1e300}, 1));
        assertReadFails(
                doubles,
                input("d", DataType.FLOAT, -1),
                doubles + ", sample 0: element [] is 1.0E300, expected a finite float; correct the data");
    }

    @Test
    void allMismatchesOfAnArrayAreTold() throws IOException {
        Path file = npy("t.npy", TensorData.ofFloats(new float[8], 2, 4));
        assertProblems(
                file,
                inputs(input("t", DataType.INT64, -1, 3)),
                file + ": holds float, but input 't' int64[?,3] takes int64; convert the data",
                file + ": has shape [2,4], but input 't' int64[?,3] needs [samples,3] (or [samples,?,3], "
                        + "fed one by one); reshape or transpose the data");
    }

    @Test
    void oneSampleWithoutSampleAxisIsNoSampleArray() throws IOException {
        Path file = npy("x.npy", TensorData.ofFloats(new float[6], 2, 3));
        assertThatThrownBy(() -> DataSources.open(file, IMAGE)).hasMessageContaining("has shape [2,3], but input");
        Path none = npy("n.npy", TensorData.ofFloats(new float[0], 0, 2, 3));
        assertThatThrownBy(() -> DataSources.open(none, IMAGE)).hasMessageContaining("holds no samples");
    }

    @Test
    void aFixedBatchWantsWholeBatches() throws IOException {
        ModelInputs fixed = inputs(input("x", DataType.FLOAT, 4, 2));
        Path file = npy("x.npy", TensorData.ofFloats(new float[20], 10, 2));
        assertThatThrownBy(() -> DataSources.open(file, fixed))
                .hasMessageContaining("holds 10 samples, but input 'x' float[4,2] takes exactly 4 at a time");
    }

    @Test
    void anArchiveFeedsEveryInputByName() throws IOException {
        Path file = npz("d.npz", Map.of("b", longs(9, 8, 7), "a", TensorData.ofFloats(counting(6), 3, 2)));
        try (SampleSource source = DataSources.open(file, PAIR)) {
            List<Batch> batches = new ArrayList<>();
            source.batches(2).forEach(batches::add);
            assertThat(batches).extracting(Batch::count).containsExactly(2, 1);
            assertThat(batches.get(1).inputs())
                    .containsExactly(
                            Map.entry("a", TensorData.ofFloats(new float[] {4, 5}, 1, 2)), Map.entry("b", longs(7)));
            assertThat(source.read(0, 1).inputs()).containsEntry("b", longs(9));
            assertThat(source.read(1, 2).inputs()).containsEntry("b", longs(8, 7));
        }
        assertThat(Npy.readAll(file)).containsEntry("b", longs(9, 8, 7)).hasSize(2);
    }

    @Test
    void allMismatchesOfAnArchiveAreTold() throws IOException {
        Path names = npz("names.npz", Map.of("a", TensorData.ofFloats(new float[2], 1, 2), "c", longs(1)));
        String known = "its inputs are 'a' float[?,2], 'b' int64[?]";
        assertProblems(
                names,
                PAIR,
                names + ": 'c' is no input of the model; " + known,
                names + ": has nothing for input 'b'; add an array of that name");
        Path shapes = npz("shapes.npz", Map.of("a", TensorData.ofFloats(new float[9], 3, 3), "b", longs()));
        assertThatThrownBy(() -> DataSources.open(shapes, PAIR))
                .hasMessageContaining("array 'a': has shape [3,3]")
                .hasMessageContaining("array 'b': holds no samples");
        Path counts = npz("counts.npz", Map.of("a", TensorData.ofFloats(new float[6], 3, 2), "b", longs(1, 2)));
        assertProblems(
                counts,
                PAIR,
                "%s, array 'b': holds 2 samples, but %s, array 'a' holds 3; every input needs the same samples"
                        .formatted(counts, counts));
    }

    @Test
    void inputsWithoutABatchAxisGetOneWholeArrayPerSample() throws IOException {
        ModelInputs inputs = inputs(
                input("x", DataType.FLOAT, -1, 3),
                input("state", DataType.FLOAT, 2, 1, 2),
                input("rate", DataType.INT64));
        Map<String, TensorData> arrays = Map.of(
                "x", TensorData.ofFloats(counting(9), 3, 3),
                "state", TensorData.ofFloats(counting(12), 3, 2, 1, 2),
                "rate", longs(7, 8, 9));
        try (SampleSource archive = DataSources.open(npz("s.npz", arrays), inputs);
                SampleSource held = SampleSource.of(arrays, inputs)) {
            for (SampleSource source : List.of(archive, held)) {
                assertThat(source.maxBatch()).isOne();
                assertThat(source.batches(8)).extracting(Batch::count).containsExactly(1, 1, 1);
                assertThat(source.read(1, 1).inputs())
                        .containsExactly(
                                Map.entry("x", TensorData.ofFloats(new float[] {3, 4, 5}, 1, 3)),
                                Map.entry("state", TensorData.ofFloats(new float[] {4, 5, 6, 7}, 2, 1, 2)),
                                Map.entry("rate", TensorData.ofLongs(new long[] {8})));
            }
        }
    }

    @Test
    void inputsThatInsistOnDifferentBatchesAreRefused() {
        ModelInputs inputs = inputs(input("x", DataType.FLOAT, 1, 3), input("state", DataType.FLOAT, 2, 1, 2));
        Map<String, TensorData> arrays = Map.of(
                "x", TensorData.ofFloats(counting(12), 4, 3), "state", TensorData.ofFloats(counting(8), 4, 1, 2));
        assertThatThrownBy(() -> SampleSource.of(arrays, inputs))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "array 'state': has shape [4,1,2], which feeds input 'state' float[2,1,2] 2 rows at a time, "
                                + "but the other inputs get 1; give one whole input per sample, [samples,2,1,2]");
    }

    @Test
    void aFixedBatchHoldsBesideAFreeOne() {
        ModelInputs inputs = inputs(input("a", DataType.FLOAT, -1, 1), input("b", DataType.FLOAT, 2, 1));
        Map<String, TensorData> arrays =
                Map.of("a", TensorData.ofFloats(counting(4), 4, 1), "b", TensorData.ofFloats(counting(4), 4, 1));
        assertThat(SampleSource.of(arrays, inputs).batches(8))
                .extracting(Batch::count)
                .containsExactly(2, 2);
    }

    @Test
    void aSingleArrayCannotFeedTwoInputs() throws IOException {
        Path file = npy("x.npy", TensorData.ofFloats(new float[2], 1, 2));
        assertThatThrownBy(() -> DataSources.open(file, PAIR))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("the model has 2 inputs")
                .hasMessageContaining("give a .npz with one array per input");
    }

    @Test
    void rawFilesAreListedWithOrWithoutNames() throws IOException {
        raw("one.raw", 1, 2, 3, 4, 5, 6);
        raw("two.raw", 7, 8, 9, 10, 11, 12);
        Path plain = Files.writeString(folder.resolve("list.txt"), "#layer\n%output\none.raw\n\ntwo.raw\n");
        Path named = Files.writeString(folder.resolve("named"), "x:=one.raw\nx:=" + folder.resolve("two.raw"));
        for (Path list : List.of(plain, named)) {
            try (SampleSource source = DataSources.open(list, IMAGE)) {
                assertThat(source.read(0, 2).inputs().values())
                        .containsExactly(
                                TensorData.ofFloats(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 2, 3));
            }
        }
    }

    @Test
    void rawFilesFeedScalarsAndStates() throws IOException {
        raw("scalar.raw", 5);
        raw("state.raw", 1, 2, 3, 4);
        Path list = Files.writeString(folder.resolve("list.txt"), "g:=scalar.raw s:=state.raw\n".repeat(2));
        ModelInputs inputs = inputs(input("g", DataType.FLOAT), input("s", DataType.FLOAT, 2, 2));
        try (SampleSource source = DataSources.open(list, inputs)) {
            assertThat(source.size()).isEqualTo(2);
            assertThat(source.read(1, 1).inputs())
                    .containsExactly(
                            Map.entry("g", TensorData.ofFloats(new float[] {5})),
                            Map.entry("s", TensorData.ofFloats(new float[] {1, 2, 3, 4}, 2, 2)));
        }
    }

    @Test
    void allProblemsOfARawListAreTold() throws IOException {
        raw("short.raw", 1, 2);
        Path list = Files.writeString(folder.resolve("list.txt"), "short.raw\ngone.raw\n");
        assertProblems(
                list,
                IMAGE,
                folder.resolve("short.raw")
                        + ": has 8 bytes, but one sample of input 'x' float[?,2,3] has 24 (float[2,3])",
                "gone.raw: no such file; check the list");
        Path names = Files.writeString(folder.resolve("names.txt"), "a:=p b:=q\na:=p\nplain.raw\n");
        assertProblems(
                names,
                PAIR,
                names + ", line 2: feeds [a], but the model has [a, b]; write name:=path for each input",
                names + ", line 3: feeds [one unnamed input], but the model has [a, b]; "
                        + "write name:=path for each input");
    }

    @Test
    void rawFilesNeedAKnownShape() throws IOException {
        raw("one.raw", 1);
        Path list = Files.writeString(folder.resolve("list.txt"), "one.raw");
        assertThatThrownBy(() -> DataSources.open(list, inputs(input("x", DataType.FLOAT, -1, -1))))
                .hasMessageContaining("raw files carry no shape and the model leaves it open");
    }

    @Test
    void manyProblemsDoNotFloodTheScreen() throws IOException {
        Path list = Files.write(folder.resolve("list.txt"), Collections.nCopies(100, "gone.raw"));
        assertThatThrownBy(() -> DataSources.open(list, IMAGE))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems()).hasSize(21).last().isEqualTo("… and 80 more such problems"));
    }

    @Test
    void dataThatIsNoDataIsRefused() throws IOException {
        assertProblems(
                folder.resolve("gone"), IMAGE, folder.resolve("gone") + ": no such file or folder; check the path");
        assertProblems(folder, IMAGE, folder + ": holds no images; expected JPEG, PNG or BMP files");
        Path empty = Files.writeString(folder.resolve("empty.txt"), "# nothing\n");
        assertProblems(empty, IMAGE, empty + ": lists no samples; write one path per line");
        Path zeros = Files.write(folder.resolve("zeros.txt"), new byte[] {'a', 0, 'b'});
        assertProblems(zeros, IMAGE, zeros + ": neither a .npy, .npz or image file nor a text file that lists samples");
        Path binary = Files.write(folder.resolve("model.onnx"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertProblems(
                binary, IMAGE, binary + ": neither a .npy, .npz or image file nor a text file that lists samples");
        Path archive = Files.write(folder.resolve("bad.npz"), new byte[40]);
        assertThatThrownBy(() -> DataSources.open(archive, IMAGE))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("not a .npz archive");
    }

    @Test
    void wholeInputsAreReadFromOneFileEach() throws IOException {
        Path a = npy("a.npy", TensorData.ofFloats(counting(4), 2, 2));
        Path b = npy("b.npy", TensorData.ofIntegers(DataType.INT8, new long[] {5, 6}, 2));
        assertThat(DataSources.readInputs(Map.of("a", a, "b", b), PAIR))
                .containsExactly(Map.entry("a", TensorData.ofFloats(counting(4), 2, 2)), Map.entry("b", longs(5, 6)));
        Path wrong = npy("w.npy", TensorData.ofFloats(new float[3], 1, 3));
        assertThatThrownBy(() -> DataSources.readInputs(Map.of("a", wrong, "c", b), PAIR))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems())
                                .hasSize(3)
                                .anyMatch(problem -> problem.contains("'c' is no input of the model"))
                                .anyMatch(problem -> problem.contains("nothing for input 'b'"))
                                .anyMatch(problem -> problem.contains("needs [samples,2]")));
    }

    private void assertFirstBatch(Path file, Value input, TensorData expected) {
        try (SampleSource source = DataSources.open(file, inputs(input))) {
            assertThat(source.read(0, 2).inputs().values()).containsExactly(expected);
        }
    }

    private void assertReadFails(Path file, Value input, String message) {
        try (SampleSource source = DataSources.open(file, inputs(input))) {
            assertThatThrownBy(() -> source.read(0, (int) source.size()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(message);
        }
    }

    private static void assertProblems(Path data, ModelInputs inputs, String... problems) {
        assertThatThrownBy(() -> DataSources.open(data, inputs))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems()).containsExactly(problems));
    }

    private Path npy(String name, TensorData tensor) throws IOException {
        Path file = folder.resolve(name);
        Npy.write(file, tensor);
        return file;
    }

    private void raw(String name, float... values) throws IOException {
        TensorData tensor = TensorData.ofFloats(values, values.length);
        Files.write(folder.resolve(name), tensor.bytes().toArray(ValueLayout.JAVA_BYTE));
    }

    /// Every second member stored, the others deflated.
    private Path npz(String name, Map<String, TensorData> arrays) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            boolean stored = false;
            for (Map.Entry<String, TensorData> array : arrays.entrySet()) {
                byte[] bytes = Files.readAllBytes(npy("member.npy", array.getValue()));
                ZipEntry entry = new ZipEntry(array.getKey() + ".npy");
                stored = !stored;
                if (stored) {
                    CRC32 crc = new CRC32();
                    crc.update(bytes);
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(bytes.length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(bytes);
                zip.closeEntry();
            }
        }
        return file;
    }

    private static TensorData longs(long... values) {
        return TensorData.ofLongs(values, values.length);
    }

    private static float[] counting(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i;
        }
        return values;
    }

    private static ModelInputs inputs(Value... values) {
        return new ModelInputs(List.of(values));
    }

    /// An input whose extents −1 are unknown.
    private static Value input(String name, DataType type, long... dims) {
        List<Dimension> dimensions = Arrays.stream(dims)
                .<Dimension>mapToObj(dim -> dim < 0 ? new Dimension.Unknown() : new Dimension.Known(dim))
                .toList();
        return Value.tensor(name, type, new Shape(dimensions));
    }
}
