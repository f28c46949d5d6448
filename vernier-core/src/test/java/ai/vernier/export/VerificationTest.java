package ai.vernier.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.RealModels;
import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.recipe.Plan;
import ai.vernier.simulate.Simulator;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VerificationTest {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 2);

    /// Measured: equal bits for 17 of 32 outputs, the least of the others 115 dB, from float32 operators around the
    /// integer kernels. Rounding float32 sums instead of accumulators gives 8 dB (YOLOX) and 26 dB (MobileNetV2).
    private static final double LEAST_SQNR = 95;

    static List<Path> models() {
        return RealModels.files();
    }

    @ParameterizedTest
    @MethodSource("models")
    void theExportInOnnxRuntimeIsWhatItsSimulationSays(Path file) {
        Model model = OnnxReader.read(file);
        Map<String, TensorData> inputs = RealModels.inputs(file, model, 1);
        Model exported = new QdqExporter(Map.of()).export(MinMaxPlan.w8a8(model, inputs));

        try (OrtModel ort = OrtModel.open(OnnxWriter.toBytes(exported), 2);
                Simulator simulator = Simulator.compile(QdqImporter.read(exported), OPTIONS)) {
            Map<String, TensorData> found = ort.run(inputs);
            simulator.run(inputs).forEach((name, expected) -> {
                Verification.Output output = Verification.compare(expected, Objects.requireNonNull(found.get(name)));
                assertThat(output.difference().sqnr()).as(name).isGreaterThan(LEAST_SQNR);
            });
        }
    }

    @Test
    void addsUpAllBatches() {
        Graph graph = new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(0, 2).with(0, new Dimension.Symbolic("N")))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(0, 2).with(0, new Dimension.Symbolic("N")))),
                List.of(Node.of("", "Neg", List.of("x"), List.of("y"))),
                Map.of(),
                List.of(),
                Details.NONE);
        Encoding encoding = Encoding.perTensor(IntegerFormat.UINT8, 0.5f, 128);
        QuantizedModel coarse = new QuantizedModel(Model.of(graph, 13), new Plan(Map.of()), Map.of("x", encoding));
        TensorData x = TensorData.ofFloats(new float[] {1, 2, 3.2f, 3.1f, 7, 5}, 3, 2);

        Verification verification;
        try (OrtModel exact = OrtModel.open(OnnxWriter.toBytes(Model.of(graph, 13)), 1);
                Simulator simulator = Simulator.compile(coarse, OPTIONS);
                SampleSource samples = SampleSource.of(Map.of("x", x))) {
            verification =
                    Verification.of(exact, simulator, new Verification.Work(samples, 2, ProgressListener.SILENT));
        }

        assertThat(verification.samples()).isEqualTo(3);
        Verification.Output y = Objects.requireNonNull(verification.outputs().get("y"));
        assertThat(y.elements()).isEqualTo(6);
        assertThat(y.equal()).isEqualTo(4);
        assertThat(y.decisions().rows()).isEqualTo(3);
        // −3.2 and −3.1 both become −3, and the first of equals wins
        assertThat(y.decisions().equal()).isEqualTo(2);
    }
}
