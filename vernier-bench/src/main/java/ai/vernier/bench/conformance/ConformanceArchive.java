package ai.vernier.bench.conformance;

import ai.vernier.bench.conformance.ConformanceCase.DataSet;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// The zip file of ONNX backend test data. Most cases are folders with a model and data sets; the `light` ones are a
/// model with one expected output, whose input is the ramp i / n.
public final class ConformanceArchive implements AutoCloseable {
    private static final String ROOT = "onnx/backend/test/data/";
    private static final String MODEL = "/model.onnx";
    private static final String LIGHT = "light/";

    private final ZipFile zip;

    private ConformanceArchive(ZipFile zip) {
        this.zip = zip;
    }

    /// The archive in `folder`, the newest where there are several; empty where there is none.
    public static Optional<ConformanceArchive> in(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            Optional<Path> file =
                    files.filter(path -> path.toString().endsWith(".zip")).max(Path::compareTo);
            return file.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new ConformanceArchive(new ZipFile(file.get().toFile())));
        }
    }

    /// Every case, by name.
    public List<ConformanceCase> cases() {
        return zip.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.startsWith(ROOT) && name.endsWith(".onnx"))
                .filter(name -> name.endsWith(MODEL) || name.startsWith(ROOT + LIGHT))
                .sorted()
                .map(this::toCase)
                .toList();
    }

    private ConformanceCase toCase(String model) {
        return model.endsWith(MODEL) ? new FolderCase(model) : new LightCase(model);
    }

    private byte[] read(String entry) {
        ZipEntry found = zip.getEntry(entry);
        try (InputStream stream = zip.getInputStream(found)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<TensorData> tensors(String prefix) {
        List<TensorData> tensors = new ArrayList<>();
        while (zip.getEntry(prefix + tensors.size() + ".pb") != null) {
            tensors.add(OnnxReader.readTensor(read(prefix + tensors.size() + ".pb")));
        }
        return tensors;
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }

    private final class FolderCase implements ConformanceCase {
        private final String folder;

        FolderCase(String model) {
            this.folder = model.substring(0, model.length() - MODEL.length());
        }

        @Override
        public String name() {
            return folder.substring(ROOT.length());
        }

        @Override
        public Model model() {
            return OnnxReader.read(read(folder + MODEL));
        }

        @Override
        public List<DataSet> dataSets() {
            List<DataSet> sets = new ArrayList<>();
            while (true) {
                String set = folder + "/test_data_set_" + sets.size();
                List<TensorData> outputs = tensors(set + "/output_");
                if (outputs.isEmpty()) {
                    return sets;
                }
                sets.add(new DataSet(tensors(set + "/input_"), outputs));
            }
        }
    }

    private final class LightCase implements ConformanceCase {
        private final String file;

        LightCase(String file) {
            this.file = file;
        }

        @Override
        public String name() {
            return file.substring(ROOT.length(), file.length() - ".onnx".length());
        }

        @Override
        public Model model() {
            return OnnxReader.read(read(file));
        }

        @Override
        public List<DataSet> dataSets() {
            List<TensorData> inputs = model().graph().requiredInputs().stream()
                    .map(LightCase::ramp)
                    .toList();
            return List.of(new DataSet(inputs, tensors(file.replace(".onnx", "_output_"))));
        }

        private static TensorData ramp(Value input) {
            if (input.elementType().filter(type -> type == DataType.FLOAT).isEmpty()) {
                throw new IllegalArgumentException("expected a float input, found " + input);
            }
            long[] dims = Arrays.stream(input.shape().orElseThrow().sizes())
                    .map(size -> Math.max(size, 1))
                    .toArray();
            float[] values = new float[Math.toIntExact(TensorData.elementCount(dims))];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) ((double) i / values.length);
            }
            return TensorData.ofFloats(values, dims);
        }
    }
}
