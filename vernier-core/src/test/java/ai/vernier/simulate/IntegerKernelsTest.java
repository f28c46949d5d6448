package ai.vernier.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
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

/// Agreement with ONNX Runtime's kernels is tested where models are exported; here is what is rounded and what not.
class IntegerKernelsTest {
    private static final Encoding BYTES = Encoding.perTensor(IntegerFormat.UINT8, 0.1f, 10);
    private static final Encoding WEIGHTS = Encoding.perTensor(IntegerFormat.INT8, 0.02f, 0);
    private static final Encoding BIAS = Encoding.perTensor(IntegerFormat.INT32, 0.002f, 0);

    private static Graph graph(Node... nodes) {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        initializers.put("w", TensorData.ofFloats(new float[] {1, 2, 3, 4}, 2, 2));
        initializers.put("b", TensorData.ofFloats(new float[] {1, 2}, 2));
        return new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, 2))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(1, 2))),
                List.of(nodes),
                initializers,
                List.of(),
                Details.NONE);
    }

    private static Map<String, ToGrid> steps(Map<String, Encoding> encodings, Node... nodes) {
        return IntegerKernels.in(graph(nodes), encodings).steps();
    }

    private static final Node GEMM = Node.of("", "Gemm", List.of("x", "w", "b"), List.of("y"));

    @Test
    void sumsBetweenByteGridsAreRoundedInTheAccumulator() {
        assertThat(steps(Map.of("x", BYTES, "w", WEIGHTS, "b", BIAS, "y", BYTES), GEMM))
                .containsOnlyKeys("y")
                .allSatisfy((_, step) -> assertThat(step).isInstanceOf(AccumulatorToGrid.class));
    }

    @Test
    void aFloatBiasOrAWiderGridKeepsFloatArithmetic() {
        Encoding wide = Encoding.perTensor(IntegerFormat.UINT16, 0.001f, 10);
        Encoding nibble = Encoding.perTensor(IntegerFormat.INT4, 0.2f, 0);
        Encoding narrow = Encoding.perTensor(new IntegerFormat(6, false), 0.2f, 0);

        assertThat(steps(Map.of("x", BYTES, "w", WEIGHTS, "y", BYTES), GEMM)).isEmpty();
        assertThat(steps(Map.of("x", wide, "w", WEIGHTS, "b", BIAS, "y", BYTES), GEMM))
                .isEmpty();
        assertThat(steps(Map.of("x", BYTES, "w", nibble, "b", BIAS, "y", BYTES), GEMM))
                .isEmpty();
        assertThat(steps(Map.of("x", BYTES, "w", WEIGHTS, "b", BIAS, "y", narrow), GEMM))
                .isEmpty();
    }

    @Test
    void anActivationBelongsToTheKernelOnlyWhereItsGridImpliesIt() {
        Node gemm = Node.of("", "Gemm", List.of("x", "w"), List.of("h"));
        Node relu = Node.of("", "Relu", List.of("h"), List.of("y"));
        Encoding fromZero = Encoding.perTensor(IntegerFormat.UINT8, 0.1f, 0);

        assertThat(steps(Map.of("x", BYTES, "w", WEIGHTS, "y", fromZero), gemm, relu))
                .containsOnlyKeys("y");
        assertThat(steps(Map.of("x", BYTES, "w", WEIGHTS, "y", BYTES), gemm, relu))
                .doesNotContainKey("y");
    }

    @Test
    void theExactSumDecidesWhereTheFloatSumHitsATie() {
        // 0.1f · 5 · 0.02f · 25 / 0.1f is 2.5 in exact arithmetic on the codes: 125 · (0.1·0.02/0.1) = 125 · 0.02
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        encodings.put("x", BYTES);
        encodings.put("w", WEIGHTS);
        encodings.put("y", BYTES);
        Node matMul = Node.of("", "MatMul", List.of("x", "w"), List.of("y"));
        Graph graph =
                graph(matMul).withInitializers(Map.of("w", TensorData.ofFloats(new float[] {0.5f, 0, 0, 0.5f}, 2, 2)));
        QuantizedModel model = new QuantizedModel(Model.of(graph, 13), new Plan(Map.of()), encodings);

        try (Simulator simulator = Simulator.compile(model, new EngineOptions(DeviceChoice.CPU, 1))) {
            TensorData x = TensorData.ofFloats(new float[] {0.5f, 1.5f}, 1, 2);
            float[] y = Objects.requireNonNull(simulator.run(Map.of("x", x)).get("y"))
                    .toFloats();
            float multiplier = 0.1f * 0.02f / 0.1f;
            assertThat(y)
                    .containsExactly(
                            0.1f * (float) Math.rint(125 * multiplier), 0.1f * (float) Math.rint(375 * multiplier));
        }
    }

    @Test
    void aHugeBiasDoesNotSwallowTheProducts() {
        // bias code 2^24 + 2 and a sum of 1 · 1: the accumulator holds 2^24 + 3, which float32 rounds to 2^24 + 4
        Encoding unit = Encoding.perTensor(IntegerFormat.UINT8, 1, 0);
        Encoding weight = Encoding.perTensor(IntegerFormat.INT8, 1, 0);
        Encoding wide = Encoding.perTensor(IntegerFormat.INT32, 1, 0);
        Map<String, Encoding> encodings = Map.of("x", unit, "w", weight, "b", wide);
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        initializers.put("w", TensorData.ofFloats(new float[] {1, 0, 1, 3}, 2, 2));
        initializers.put("b", TensorData.ofFloats(new float[] {16777218, 16777218}, 2));
        Graph graph = graph(GEMM).withInitializers(initializers);
        QuantizedModel model = new QuantizedModel(Model.of(graph, 13), new Plan(Map.of()), encodings);

        try (Simulator simulator = Simulator.compile(model, new EngineOptions(DeviceChoice.CPU, 1))) {
            TensorData x = TensorData.ofFloats(new float[] {0, 1}, 1, 2);
            assertThat(Objects.requireNonNull(simulator.run(Map.of("x", x)).get("y"))
                            .toFloats())
                    .containsExactly(16777220, 16777220);
        }
    }

    @Test
    void elementwiseKernelsNeedTwoByteGridsOfOneFormatAndNoConstant() {
        Node add = Node.of("", "Add", List.of("x", "z"), List.of("y"));
        Node constant = Node.of("", "Add", List.of("x", "b"), List.of("y"));
        Encoding signed = Encoding.perTensor(IntegerFormat.INT8, 0.1f, 0);

        assertThat(steps(Map.of("x", BYTES, "z", BYTES, "y", BYTES), add))
                .containsOnlyKeys("y")
                .allSatisfy((_, step) -> assertThat(step).isInstanceOf(CodesToGrid.class));
        assertThat(steps(Map.of("x", BYTES, "z", signed, "y", BYTES), add)).isEmpty();
        assertThat(steps(Map.of("x", BYTES, "y", BYTES), add)).isEmpty();
        assertThat(steps(Map.of("x", BYTES, "b", BYTES, "y", BYTES), constant)).isEmpty();
    }
}
