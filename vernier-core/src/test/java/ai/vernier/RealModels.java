package ai.vernier;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
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

/// The pretrained models of the development data, and seeded inputs that fit them.
public final class RealModels {
    private static final int SAMPLE_RATE = 16_000;
    private static final int TOKENS = 128;

    private RealModels() {}

    /// Every model file; skips the test where the folder is missing.
    public static List<Path> files() {
        Path folder = Path.of(System.getProperty("vernier.root", "."), "..", "shared", "data", "models");
        Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is missing; real models are not tested");
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".onnx"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static boolean hasDynamicBatch(Model model) {
        return model.graph().requiredInputs().stream()
                .map(input -> input.shape().orElseThrow().sizes())
                .anyMatch(sizes -> sizes.length > 0 && sizes[0] < 0);
    }

    /// Gaussian values, tokens below 128, and the sample rate where that is asked for; `batch` samples where the model
    /// leaves that open.
    public static Map<String, TensorData> inputs(Path file, Model model, int batch) {
        Random random = new Random(7);
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        for (Value input : model.graph().requiredInputs()) {
            long[] dims = dims(file.getFileName().toString(), input, batch);
            inputs.put(input.name(), random(input, dims, random));
        }
        return inputs;
    }

    private static long[] dims(String file, Value input, int batch) {
        long[] dims = input.shape().orElseThrow().sizes();
        for (int axis = 0; axis < dims.length; axis++) {
            if (dims[axis] < 0) {
                dims[axis] = axis == 0 ? batch : extent(file, input.name(), axis, batch);
            }
        }
        return dims;
    }

    private static long extent(String file, String input, int axis, int batch) {
        if (file.startsWith("silero")) {
            return input.equals("input") ? 576 : batch;
        }
        if (file.startsWith("bodypix")) {
            return axis == 3 ? 3 : 129;
        }
        if (file.startsWith("ppocr")) {
            return axis == 2 ? 48 : 192;
        }
        return file.startsWith("nnsplit") ? 60 : 37;
    }

    private static TensorData random(Value input, long[] dims, Random random) {
        int count = Math.toIntExact(TensorData.elementCount(dims));
        DataType type = input.elementType().orElseThrow();
        if (type == DataType.FLOAT) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return TensorData.ofFloats(values, dims);
        }
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = input.name().equals("sr") ? SAMPLE_RATE : random.nextInt(TOKENS);
        }
        return TensorData.ofIntegers(type, values, dims);
    }
}
