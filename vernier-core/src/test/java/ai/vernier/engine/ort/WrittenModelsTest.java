package ai.vernier.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.RealModels;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.ExternalData;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// ONNX Runtime judges what the writer wrote: same inputs, same outputs, every bit.
class WrittenModelsTest {
    static List<Path> models() {
        return RealModels.files();
    }

    @ParameterizedTest
    @MethodSource("models")
    void aWrittenModelComputesWhatTheOriginalDoes(Path original, @TempDir Path folder) {
        Model model = OnnxReader.read(original);
        Path inside = folder.resolve("inside.onnx");
        Path beside = folder.resolve("beside.onnx");
        OnnxWriter.write(model, inside);
        OnnxWriter.write(model, beside, new ExternalData.Beside(ExternalData.Beside.MIN_THRESHOLD));

        Map<String, TensorData> inputs = RealModels.inputs(original, model, 1);
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
}
