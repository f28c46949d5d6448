package ai.vernier.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.OnnxRuntime;
import ai.vernier.RealModels;
import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QdqOnRealModelsTest {
    /// Gaussian noise and 8 bits: the least over all outputs is 4 dB (YOLOX-nano), the median 34 dB. A grid attached to
    /// the wrong tensor gives less than 0.
    private static final double LEAST_SQNR = 2;

    static List<Path> models() {
        return RealModels.files();
    }

    @ParameterizedTest
    @MethodSource("models")
    void loadsAndRunsInOnnxRuntimeCloseToFloat(Path file) {
        Model model = OnnxReader.read(file);
        Map<String, TensorData> inputs = RealModels.inputs(file, model, 1);
        Model exported = new QdqExporter(Map.of()).export(MinMaxPlan.w8a8(model, inputs));

        Map<String, TensorData> expected = OnnxRuntime.run(model, inputs);
        Map<String, TensorData> actual = OnnxRuntime.run(exported, inputs);

        assertThat(actual.keySet()).containsExactlyElementsOf(expected.keySet());
        actual.forEach((name, tensor) -> {
            TensorData reference = Objects.requireNonNull(expected.get(name));
            assertThat(tensor.dims()).isEqualTo(reference.dims());
            if (tensor.dataType() == DataType.FLOAT) {
                assertThat(sqnr(reference.toFloats(), tensor.toFloats()))
                        .as(name)
                        .isGreaterThan(LEAST_SQNR);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("models")
    void isReadBackAsWritten(Path file) {
        Model model = OnnxReader.read(file);
        QuantizedModel quantized = MinMaxPlan.w8a8(model, RealModels.inputs(file, model, 1));
        Model exported = new QdqExporter(Map.of("version", "1")).export(quantized);

        QuantizedModel read = QdqImporter.read(OnnxReader.read(OnnxWriter.toBytes(exported)));

        assertThat(read.encodings()).containsExactlyInAnyOrderEntriesOf(quantized.encodings());
        Model again = new QdqExporter(Map.of("version", "1")).export(read);
        assertThat(OnnxWriter.toBytes(again)).isEqualTo(OnnxWriter.toBytes(exported));
    }

    private static double sqnr(float[] reference, float[] actual) {
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < reference.length; i++) {
            signal += (double) reference[i] * reference[i];
            noise += Math.pow(actual[i] - (double) reference[i], 2);
        }
        return 10 * Math.log10(signal / noise);
    }
}
