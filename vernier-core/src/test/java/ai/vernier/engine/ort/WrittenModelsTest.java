package ai.vernier.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.ExternalData;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// ONNX Runtime judges what the writer wrote: same inputs, same outputs, every bit.
class WrittenModelsTest {
    private static final long SEED = 42;

    /// For extents that a model leaves open: what all of them can compute with.
    private static final long OPEN_EXTENT = 48;

    /// A window of speech with its context.
    private static final long SPEECH_EXTENT = 576;

    static List<Path> models() throws IOException {
        Path folder = Path.of(System.getProperty("vernier.root", ".."), "..", "shared", "data", "models");
        assumeTrue(Files.isDirectory(folder), "no models in " + folder.toAbsolutePath());
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".onnx"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void aWrittenModelComputesWhatTheOriginalDoes(Path original, @TempDir Path folder) {
        Model model = OnnxReader.read(original);
        Path inside = folder.resolve("inside.onnx");
        Path beside = folder.resolve("beside.onnx");
        OnnxWriter.write(model, inside);
        OnnxWriter.write(model, beside, new ExternalData.Beside(ExternalData.Beside.MIN_THRESHOLD));

        Map<String, TensorData> inputs = inputs(model);
        Map<String, TensorData> expected = outputs(original, inputs);
        assertThat(expected).hasSameSizeAs(model.graph().outputs());
        assertThat(outputs(inside, inputs)).isEqualTo(expected);
        assertThat(outputs(beside, inputs)).isEqualTo(expected);
    }

    private static Map<String, TensorData> outputs(Path file, Map<String, TensorData> inputs) {
        try (OrtModel session = OrtModel.open(file, 1)) {
            return session.run(inputs);
        }
    }

    private static Map<String, TensorData> inputs(Model model) {
        Random random = new Random(SEED);
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        for (Value input : model.graph().requiredInputs()) {
            inputs.put(input.name(), random(input, random));
        }
        return inputs;
    }

    private static TensorData random(Value input, Random random) {
        List<Dimension> dimensions = input.shape().orElseThrow().dimensions();
        long[] dims = new long[dimensions.size()];
        for (int axis = 0; axis < dims.length; axis++) {
            dims[axis] = extent(dimensions.get(axis), axis);
        }
        int count = Math.toIntExact(TensorData.elementCount(dims));
        if (input.elementType().orElseThrow() == DataType.FLOAT) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = random.nextFloat();
            }
            return TensorData.ofFloats(values, dims);
        }
        long[] tokens = LongStream.range(0, count).map(_ -> random.nextInt(100)).toArray();
        return TensorData.ofIntegers(input.elementType().orElseThrow(), tokens, dims);
    }

    private static long extent(Dimension dimension, int axis) {
        return switch (dimension) {
            case Dimension.Known(long size) -> size;
            case Dimension.Symbolic(String name) when name.equals("sequence") -> SPEECH_EXTENT;
            case Dimension.Symbolic(String name) when name.equals("batch") -> 1;
            case Dimension.Symbolic _, Dimension.Unknown _ -> axis == 0 ? 1 : OPEN_EXTENT;
        };
    }
}
