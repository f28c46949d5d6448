package ai.vernier.engine.op;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;

/// Runs a small model on the engine, which must not fall back, and in ONNX Runtime, and compares all
/// outputs.
final class Differential {
    private final Map<String, TensorData> given = new LinkedHashMap<>();
    private final Set<String> constants = new HashSet<>();
    private final String text;
    private double tolerance = 2e-5; // sums of some tens of products of size ≈ 1 in float

    private Differential(String text) {
        this.text = text;
    }

    /// @param signature inputs and outputs in ONNX's text form, `(float[2,3] x) => (float[2,3] y)`
    /// @param nodes in ONNX's text form
    static Differential of(int opset, String signature, String nodes) {
        return new Differential("""
                <ir_version: 10, opset_import: ["" : %d, "com.microsoft" : 1]>
                g %s { %s }""".formatted(opset, signature, nodes));
    }

    /// Feeds `value` instead of seeded normal numbers.
    Differential with(String input, TensorData value) {
        given.put(input, value);
        return this;
    }

    /// Makes constants of inputs: their values go into the model.
    Differential constant(String... inputs) {
        constants.addAll(List.of(inputs));
        return this;
    }

    Differential within(double changed) {
        tolerance = changed;
        return this;
    }

    void agrees() {
        Model parsed = OnnxText.parse(text);
        Map<String, TensorData> inputs = inputs(parsed);
        Model model = withConstants(parsed, inputs);
        inputs.keySet().removeAll(constants);
        try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1));
                Executor threaded = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 2));
                OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
            assertThat(executor.fallbackOperators()).as(text).isEmpty();
            Map<String, TensorData> expected = judge.run(inputs);
            Map<String, TensorData> actual = executor.run(inputs);
            expected.forEach((name, value) -> compare(name, value, Objects.requireNonNull(actual.get(name))));
            assertThat(threaded.run(inputs)).as("two threads, " + text).isEqualTo(actual);
            assertThat(executor.run(inputs)).as("once more, " + text).isEqualTo(actual);
        }
    }

    private Model withConstants(Model model, Map<String, TensorData> values) {
        Graph graph = model.graph();
        Map<String, TensorData> known = new LinkedHashMap<>(graph.initializers());
        constants.forEach(name -> known.put(name, Objects.requireNonNull(values.get(name))));
        List<Value> fed = graph.inputs().stream()
                .filter(input -> !constants.contains(input.name()))
                .toList();
        return model.withGraph(graph.withInitializers(known).withInterface(fed, graph.outputs()));
    }

    private void compare(String name, TensorData expected, TensorData actual) {
        assertThat(actual.dataType()).as(name + " of " + text).isEqualTo(expected.dataType());
        assertThat(actual.dims()).as(name + " of " + text).isEqualTo(expected.dims());
        for (int i = 0; i < expected.elementCount(); i++) {
            double wanted = element(expected, i);
            double found = element(actual, i);
            boolean same = Double.compare(wanted, found) == 0
                    || Math.abs(wanted - found) <= tolerance * Math.max(1, Math.abs(wanted));
            assertThat(same)
                    .as("%s[%d] of %s: expected %s, found %s", name, i, text, wanted, found)
                    .isTrue();
        }
    }

    private static double element(TensorData data, int index) {
        return data.dataType() == DataType.FLOAT ? data.floatAt(index) : data.toLongs()[index];
    }

    private Map<String, TensorData> inputs(Model model) {
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        int seed = 1;
        for (Value input : model.graph().inputs()) {
            Shape shape = input.shape().orElseThrow();
            TensorData chosen = given.get(input.name());
            inputs.put(input.name(), chosen != null ? chosen : drawn(input, seed++, shape.sizes()));
        }
        return inputs;
    }

    private static TensorData drawn(Value input, int seed, long... dims) {
        DataType type = input.elementType().orElseThrow();
        return type == DataType.FLOAT ? random(seed, dims) : codes(type, seed, dims);
    }

    /// Integers over the whole range of an 8-bit `type`.
    static TensorData codes(DataType type, int seed, long... dims) {
        long low = type.isSigned() ? Byte.MIN_VALUE : 0;
        int count = (int) TensorData.elementCount(dims);
        long[] values = new Random(seed).longs(count, low, low + 256).toArray();
        return TensorData.ofIntegers(type, values, dims);
    }

    static TensorData random(int seed, long... dims) {
        Random random = new Random(seed);
        float[] values = new float[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorData.ofFloats(values, dims);
    }
}
