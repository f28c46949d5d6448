package ai.vernier.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.analyze.ModelSummary;
import ai.vernier.data.Batch;
import ai.vernier.data.Difference;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.Runner;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import ai.vernier.recipe.Recipe;
import ai.vernier.simulate.Simulator;
import ai.vernier.target.Target;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every odd model from file to file: read, inspected, run, quantized, exported, and run in ONNX Runtime.
class OddModelsTest {
    private static final EngineOptions ENGINE = new EngineOptions(DeviceChoice.CPU, 1);
    private static final int SAMPLES = 16;

    /// For axes that a model leaves open.
    private static final long OPEN_EXTENT = 7;

    private static final long SEED = 5;

    @TempDir
    private Path folder = Path.of("");

    static List<Map.Entry<String, Model>> models() {
        return List.copyOf(OddModels.all().entrySet());
    }

    @ParameterizedTest
    @MethodSource("models")
    void isReadAsWritten(Map.Entry<String, Model> odd) {
        Model model = odd.getValue();

        assertThat(OnnxReader.read(OnnxWriter.toBytes(model))).isEqualTo(model);
        assertThat(OnnxText.parse(OnnxText.print(model))).isEqualTo(model);
    }

    @ParameterizedTest
    @MethodSource("models")
    void isInspected(Map.Entry<String, Model> odd) {
        Model model = odd.getValue();
        Map<String, Long> open = new LinkedHashMap<>();
        ModelSummary.of(model).dimensions().open().forEach(name -> open.put(name, OPEN_EXTENT));

        ModelSummary summary = ModelSummary.of(model, open);

        assertThat(summary.nodes()).isGreaterThanOrEqualTo(model.graph().nodes().size());
        assertThat(summary.uses(Runner.NATIVE)).isEqualTo(summary.uses());
        assertThat(summary.multiplyAccumulates().unknown()).isEmpty();
        assertThat(summary.activations().unknown()).isEmpty();
        assertThat(summary.dimensions().open()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("models")
    void runsAsInOnnxRuntime(Map.Entry<String, Model> odd) {
        Model model = odd.getValue();
        try (Executor executor = Executor.compile(model, ENGINE);
                OrtModel judge = OrtModel.open(OnnxWriter.toBytes(withoutNodeNames(model)), 1);
                SampleSource samples = samples(model)) {
            for (Batch batch : samples.batches(3)) {
                Map<String, TensorData> expected = judge.run(batch.inputs());
                Map<String, TensorData> found = executor.run(batch.inputs());

                assertThat(found.keySet()).containsExactlyElementsOf(expected.keySet());
                expected.forEach((name, value) -> assertThat(noise(value, get(found, name)))
                        .as("noise of %s in dB", name)
                        .isGreaterThan(100)); // float32 has 24 bits, 144 dB
            }
        }
    }

    /// ONNX Runtime takes no two nodes of one name, which ONNX allows.
    private static Model withoutNodeNames(Model model) {
        List<Node> nodes =
                model.graph().nodes().stream().map(node -> node.withName("")).toList();
        return model.withGraph(model.graph().withNodes(nodes));
    }

    @ParameterizedTest
    @MethodSource("models")
    void isQuantizedAndRunsInOnnxRuntime(Map.Entry<String, Model> odd) {
        Model model = odd.getValue();
        Recipe recipe = Recipe.defaults(Target.load(Target.GENERIC_INT8));
        try (SampleSource samples = samples(model)) {
            Quantization quantization = Quantization.of(
                    model, recipe, new Quantization.Calibration(samples, ENGINE, ProgressListener.SILENT));
            QuantizedFolder.write(quantization, folder, "test");
            try (Simulator simulation = Simulator.compile(QuantizedFolder.read(folder), ENGINE);
                    OrtModel exported = OrtModel.open(folder.resolve(QuantizedFolder.MODEL), 1);
                    Executor original = Executor.compile(model, ENGINE)) {
                Batch batch = samples.batches(4).iterator().next();
                Map<String, TensorData> expected = original.run(batch.inputs());
                Map<String, TensorData> simulated = simulation.run(batch.inputs());
                Map<String, TensorData> found = exported.run(batch.inputs());

                assertThat(found.keySet()).containsExactlyElementsOf(expected.keySet());
                assertThat(simulated.keySet()).containsExactlyElementsOf(expected.keySet());
                found.forEach((name, value) -> {
                    // A code that differs by one where a sum lies close to a tie: 256 codes, some tens of dB.
                    assertThat(noise(get(simulated, name), value)).as(name).isGreaterThan(30);
                    assertThat(noise(get(expected, name), value)).as(name).isGreaterThan(15);
                });
            }
        }
    }

    @Test
    void aModelWithoutInputsRunsButIsFedNoData() {
        Model model = OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g () => (float[2] y)
                <float[2] w = {-1, 2}>
                { y = Relu (w) }
                """);
        try (Executor executor = Executor.compile(model, ENGINE)) {
            assertThat(executor.run(Map.of()).get("y")).isEqualTo(TensorData.ofFloats(new float[] {0, 2}, 2));
        }
        assertThat(ModelSummary.of(model).activations().unknown()).isEmpty();
        assertThatThrownBy(() -> SampleSource.of(Map.of(), ModelInputs.of(model)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no inputs");
    }

    /// Signal to noise in dB of tensors of one type and shape; infinite where they are equal.
    private static double noise(TensorData expected, TensorData found) {
        assertThat(found.dataType()).isEqualTo(expected.dataType());
        assertThat(found.dims()).isEqualTo(expected.dims());
        if (expected.dataType() != DataType.FLOAT) {
            return expected.equals(found) ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
        return Difference.of(expected, found).sqnr();
    }

    private static TensorData get(Map<String, TensorData> tensors, String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    /// Seeded samples: rows of a batch where the first axis is open, else whole inputs.
    private static SampleSource samples(Model model) {
        Random random = new Random(SEED);
        Map<String, TensorData> arrays = new LinkedHashMap<>();
        for (Value input : model.graph().requiredInputs()) {
            arrays.put(input.name(), array(input, random));
        }
        return SampleSource.of(arrays, ModelInputs.of(model));
    }

    private static TensorData array(Value input, Random random) {
        List<Dimension> dimensions = input.shape().orElseThrow().dimensions();
        boolean batched = !dimensions.isEmpty() && !(dimensions.getFirst() instanceof Dimension.Known);
        long[] dims = new long[dimensions.size() + (batched ? 0 : 1)];
        dims[0] = SAMPLES;
        for (int i = 1; i < dims.length; i++) {
            Dimension dimension = dimensions.get(i - (batched ? 0 : 1));
            dims[i] = dimension instanceof Dimension.Known(long size) ? size : OPEN_EXTENT;
        }
        int count = Math.toIntExact(TensorData.elementCount(dims));
        DataType type = input.elementType().orElseThrow();
        if (type != DataType.FLOAT) {
            return TensorData.ofIntegers(type, random.longs(count, 0, 100).toArray(), dims);
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorData.ofFloats(values, dims);
    }
}
