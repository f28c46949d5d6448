package ai.vernier.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.Difference;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.recipe.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SimulatorTest {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 1);

    /// h = x · w, y = Reshape(h): x on steps of 0.5, w on steps of 0.25, h and y on steps of 1.
    private static QuantizedModel quantized() {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        initializers.put("w", TensorData.ofFloats(new float[] {1.1f, -0.6f, 0.3f, 2}, 2, 2));
        initializers.put("flat", TensorData.ofLongs(new long[] {-1, 1, 2}, 3));
        Graph graph = new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(0, 2).with(0, new Dimension.Symbolic("N")))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(0, 1, 2).with(0, new Dimension.Symbolic("N")))),
                List.of(
                        Node.of("", "MatMul", List.of("x", "w"), List.of("h")),
                        Node.of("", "Reshape", List.of("h", "flat"), List.of("y"))),
                initializers,
                List.of(),
                Details.NONE);
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        encodings.put("x", Encoding.perTensor(IntegerFormat.UINT8, 0.5f, 10));
        encodings.put("w", Encoding.perTensor(IntegerFormat.INT4, 0.25f, 0));
        encodings.put("h", Encoding.perTensor(IntegerFormat.INT4, 1, 0));
        encodings.put("y", Encoding.perTensor(IntegerFormat.INT4, 1, 0));
        return new QuantizedModel(Model.of(graph, 13), new Plan(Map.of()), encodings);
    }

    @Test
    void computesInFloatOnTheGrid() {
        TensorData x = TensorData.ofFloats(new float[] {1.3f, -2.2f, 40, 0}, 2, 2);
        try (Simulator simulator = Simulator.compile(quantized(), OPTIONS)) {
            // x → [1.5, −2] [40, 0]; w → [1, −0.5; 0.25, 1.75]; sums [1, −4.25] [40, −20] → [1, −4] [7, −8]
            assertThat(run(simulator, x)).containsExactly(1, -4, 7, -8);
        }
    }

    @Test
    void quantizesNothingTwice() {
        assertThat(Grids.needed(quantized().model().graph(), quantized().encodings()))
                .containsOnlyKeys("x", "h");
    }

    @Test
    void requantizesWhereTheGridChanges() {
        Map<String, Encoding> encodings = new LinkedHashMap<>(quantized().encodings());
        encodings.put("y", Encoding.perTensor(IntegerFormat.INT4, 3, 0));

        assertThat(Grids.needed(quantized().model().graph(), encodings)).containsOnlyKeys("x", "h", "y");
    }

    @Test
    void aConcatIsOnTheGridOnlyWhereAllItsInputsAre() {
        Node concat = Node.of("", "Concat", List.of("a", "b"), List.of("c")).withAttribute("axis", Attribute.of(0));
        Graph graph = new Graph(
                "g",
                List.of(),
                List.of(Value.tensor("c", DataType.FLOAT, Shape.of(2))),
                List.of(concat),
                Map.of(),
                List.of(),
                Details.NONE);
        Encoding one = Encoding.perTensor(IntegerFormat.UINT8, 1, 0);
        Encoding other = Encoding.perTensor(IntegerFormat.UINT8, 2, 0);

        assertThat(Grids.needed(graph, Map.of("a", one, "b", one, "c", one))).isEmpty();
        assertThat(Grids.needed(graph, Map.of("a", one, "b", other, "c", one))).containsOnlyKeys("c");
        assertThat(Grids.needed(graph, Map.of("a", one, "c", one))).containsOnlyKeys("c");
    }

    @Test
    void comparesEveryPlannedTensorWithItsFloatForm() {
        TensorData x = TensorData.ofFloats(new float[] {1.3f, -2.2f, 40, 0, 0.5f, 0.5f}, 3, 2);
        SampleSource samples = SampleSource.of(Map.of("x", x));

        TensorComparison comparison = TensorComparison.of(
                quantized().model(),
                quantized(),
                new TensorComparison.Run(samples, 2, OPTIONS, ProgressListener.SILENT));

        assertThat(comparison.tensors()).containsOnlyKeys("x", "h", "y");
        Difference input = Objects.requireNonNull(comparison.tensors().get("x"));
        assertThat(input.elements()).isEqualTo(6);
        assertThat(input.errorSquares()).isCloseTo(0.2 * 0.2 + 0.2 * 0.2, within(1e-6));
        Difference output = Objects.requireNonNull(comparison.tensors().get("y"));
        // float [0.77, −5.18] [44, −24] [0.7, 0.7], simulated [1, −4] [7, −8] [1, 1] (0.625 each)
        assertThat(output.maxError()).isCloseTo(37, within(1e-4));
        assertThat(output).isEqualTo(comparison.tensors().get("h"));
    }

    private static float[] run(Simulator simulator, TensorData x) {
        return Objects.requireNonNull(simulator.run(Map.of("x", x)).get("y")).toFloats();
    }
}
