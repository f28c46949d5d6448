package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.OnnxRuntime;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/// The opinion of ONNX Runtime, and of our engine, on whether two models compute the same.
final class Judged {
    private Judged() {}

    /// Feeds both models seeded random inputs; the largest difference of any output must stay below `tolerance` times
    /// the largest magnitude of that output.
    static void assertSameOutputs(Model before, Model after, double tolerance) {
        Map<String, TensorData> inputs = randomInputs(before, 7);
        assertSame(OnnxRuntime.run(before, inputs), OnnxRuntime.run(after, inputs), tolerance);
    }

    /// As [#assertSameOutputs], on our engine.
    static void assertSameOutputsInEngine(Model before, Model after, double tolerance) {
        Map<String, TensorData> inputs = randomInputs(before, 7);
        try (Executor original = Executor.compile(before, EngineOptions.DEFAULT);
                Executor changed = Executor.compile(after, EngineOptions.DEFAULT)) {
            assertSame(original.run(inputs), changed.run(inputs), tolerance);
        }
    }

    private static void assertSame(Map<String, TensorData> expected, Map<String, TensorData> found, double tolerance) {
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        expected.forEach(
                (name, tensor) -> assertClose(name, tensor, Objects.requireNonNull(found.get(name)), tolerance));
    }

    static TensorData constant(Model model, String name) {
        return Objects.requireNonNull(model.graph().initializers().get(name), name);
    }

    private static void assertClose(String name, TensorData expected, TensorData found, double tolerance) {
        assertThat(found.dims()).as(name).isEqualTo(expected.dims());
        if (expected.dataType() != DataType.FLOAT) {
            assertThat(found).as(name).isEqualTo(expected);
            return;
        }
        double largest = 0;
        double difference = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            largest = Math.max(largest, Math.abs(expected.floatAt(i)));
            difference = Math.max(difference, Math.abs((double) expected.floatAt(i) - found.floatAt(i)));
        }
        assertThat(difference).as(name).isLessThanOrEqualTo(tolerance * Math.max(largest, 1e-6));
    }

    /// Bytes and integers stay small enough to be indices.
    static Map<String, TensorData> randomInputs(Model model, long seed) {
        Random random = new Random(seed);
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        for (Value input : model.graph().requiredInputs()) {
            long[] dims = input.shape().orElseThrow().sizes();
            for (int i = 0; i < dims.length; i++) {
                dims[i] = dims[i] < 0 ? unknownExtent(model, i, dims.length) : dims[i];
            }
            inputs.put(input.name(), random(input.elementType().orElseThrow(), random, dims));
        }
        return inputs;
    }

    /// Batches of one; series and images of unknown size are large enough for deep networks.
    private static long unknownExtent(Model model, int axis, int rank) {
        boolean network = model.graph().nodes().size() > 10;
        if (axis == 0 || rank == 3 || !network) {
            return 1;
        }
        return rank == 2 ? 576 : 96;
    }

    private static TensorData random(DataType type, Random random, long... dims) {
        int count = Math.toIntExact(TensorData.elementCount(dims));
        if (type == DataType.FLOAT) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return TensorData.ofFloats(values, dims);
        }
        long[] values = random.longs(count, 0, 100).toArray();
        return TensorData.ofIntegers(type, values, dims);
    }
}
