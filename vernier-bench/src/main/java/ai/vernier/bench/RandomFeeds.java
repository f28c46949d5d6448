package ai.vernier.bench;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;

/// Random inputs of the shapes that a model declares.
final class RandomFeeds {
    private static final int SAMPLE_RATE = 16000;
    private static final int LARGEST_INTEGER = 128;

    private RandomFeeds() {}

    /// Whether some input leaves its first extent open.
    static boolean hasDynamicBatch(Model model) {
        return model.graph().requiredInputs().stream()
                .map(input -> input.shape().orElseThrow().sizes())
                .anyMatch(sizes -> sizes.length > 0 && sizes[0] < 0);
    }

    /// @param name the model's file name: the real models say nothing about the extents that suit them
    static Map<String, TensorData> of(String name, Model model, int batch) {
        Random random = new Random(1);
        Map<String, TensorData> feeds = new LinkedHashMap<>();
        for (Value input : model.graph().requiredInputs()) {
            long[] dims = input.shape().orElseThrow().sizes();
            for (int axis = 0; axis < dims.length; axis++) {
                if (dims[axis] < 0) {
                    dims[axis] = axis == 0 ? batch : extent(name, input.name(), axis, batch);
                }
            }
            feeds.put(input.name(), random(input, dims, random));
        }
        return feeds;
    }

    private static long extent(String name, String input, int axis, int batch) {
        if (name.startsWith("silero")) {
            return input.equals("input") ? 576 : batch;
        }
        if (name.startsWith("bodypix")) {
            return axis == 3 ? 3 : 257;
        }
        if (name.startsWith("ppocr")) {
            return axis == 2 ? 48 : 192;
        }
        return name.startsWith("nnsplit") ? 60 : 64;
    }

    private static TensorData random(Value input, long[] dims, RandomGenerator random) {
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
            values[i] = input.name().equals("sr") ? SAMPLE_RATE : random.nextInt(LARGEST_INTEGER);
        }
        return TensorData.ofIntegers(type, values, dims);
    }
}
