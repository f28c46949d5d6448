package ai.vernier.export;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The pretrained models of the development data, and seeded inputs for them.
final class RealModels {
    private RealModels() {}

    /// Every model file; skips the test where the folder is missing.
    static List<Path> files() {
        Path folder = Path.of(System.getProperty("vernier.root", "."), "..", "shared", "data", "models");
        Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is missing; real models are not tested");
        try (Stream<Path> list = Files.list(folder)) {
            return list.filter(file -> file.toString().endsWith(".onnx"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Uniform values in [0, 1), or small integers; open extents are 1 in front and in rank 3, 576 in series, 80 in
    /// images.
    static Map<String, TensorData> inputs(Model model, long seed) {
        Random random = new Random(seed);
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        for (Value input : model.graph().requiredInputs()) {
            long[] dims = dims(input);
            DataType type = input.elementType().orElseThrow();
            inputs.put(input.name(), type == DataType.FLOAT ? floats(random, dims) : integers(random, type, dims));
        }
        return inputs;
    }

    private static long[] dims(Value input) {
        List<Dimension> dimensions = input.shape().orElseThrow().dimensions();
        long[] dims = new long[dimensions.size()];
        for (int i = 0; i < dims.length; i++) {
            long open = i == 0 || dims.length == 3 ? 1 : dims.length == 2 ? 576 : 80;
            dims[i] = dimensions.get(i) instanceof Dimension.Known(long size) ? size : open;
        }
        return dims;
    }

    private static TensorData floats(Random random, long... dims) {
        float[] values = new float[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        return TensorData.ofFloats(values, dims);
    }

    private static TensorData integers(Random random, DataType type, long... dims) {
        long[] values = random.longs(TensorData.elementCount(dims), 1, 100).toArray();
        return TensorData.ofIntegers(type, values, dims);
    }

    /// The outputs of `model` in ONNX Runtime as a user would run it.
    static Map<String, TensorData> run(Model model, Map<String, TensorData> inputs) {
        try (OrtModel ort = OrtModel.open(OnnxWriter.toBytes(model), 2)) {
            return ort.run(inputs);
        }
    }
}
