package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vernier.RealModels;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EngineAgainstOnnxRuntimeTest {
    /// Two orders of summation over a few thousand products, through up to a hundred layers: each layer adds a few ulps
    /// (2⁻²³ ≈ 1.2e-7) of the largest value. YOLOX on noise is the worst: XNNPACK, oneDNN and ONNX Runtime
    /// differ there by up to 2e-4 from one another; all others stay below 1e-5.
    private static final double RELATIVE = 3e-4;

    static List<Path> models() {
        return RealModels.files();
    }

    @ParameterizedTest
    @MethodSource("models")
    void equalsOnnxRuntimeOnOneSample(Path file) {
        assertSameOutputs(file, 1, 2);
    }

    @ParameterizedTest
    @MethodSource("models")
    void equalsOnnxRuntimeOnABatch(Path file) {
        assumeTrue(RealModels.hasDynamicBatch(OnnxReader.read(file)), "the batch is fixed");
        assertSameOutputs(file, 3, 1);
    }

    @ParameterizedTest
    @MethodSource("models")
    void oneAndTwoThreadsGiveTheSameBits(Path file) {
        Model model = OnnxReader.read(file);
        Map<String, TensorData> inputs = RealModels.inputs(file, model, 1);
        try (Executor one = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1));
                Executor two = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 2))) {
            assertThat(two.run(inputs)).isEqualTo(one.run(inputs));
        }
    }

    private static void assertSameOutputs(Path file, int batch, int threads) {
        Model model = OnnxReader.read(file);
        Map<String, TensorData> inputs = RealModels.inputs(file, model, batch);
        try (OrtModel judge = OrtModel.open(file, threads);
                Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, threads))) {
            Map<String, TensorData> expected = judge.run(inputs);
            Map<String, TensorData> actual = executor.run(inputs);
            assertThat(executor.fallbackOperators()).isEmpty();
            assertThat(List.copyOf(actual.keySet())).isEqualTo(List.copyOf(expected.keySet()));
            expected.forEach((name, value) -> assertClose(name, Objects.requireNonNull(actual.get(name)), value));
        }
    }

    private static void assertClose(String name, TensorData actual, TensorData expected) {
        assertThat(actual.dims()).as("shape of " + name).isEqualTo(expected.dims());
        if (expected.dataType() != DataType.FLOAT) {
            assertThat(actual).as(name).isEqualTo(expected);
            return;
        }
        float[] a = actual.toFloats();
        float[] e = expected.toFloats();
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < e.length; i++) {
            largest = Math.max(largest, Math.abs(e[i]));
            worst = Math.max(worst, Math.abs(a[i] - e[i]));
        }
        assertThat(worst).as("largest difference of " + name).isLessThanOrEqualTo(RELATIVE * Math.max(1, largest));
        assertThat(a).as(name).doesNotContain(Float.NaN);
    }
}
