package ai.vernier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.OnnxRuntime;
import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.Quantizer;
import ai.vernier.recipe.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QdqExporterTest {
    private static final Granularity PER_CHANNEL = new Granularity.PerChannel(0);

    /// y = Relu(x · wᵀ + b) over [1,2] with w 3×2.
    private static Model gemm(long opset) {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        initializers.put("w", TensorData.ofFloats(new float[] {1.27f, -0.64f, 0.02f, 0.5f, -2.54f, 0f}, 3, 2));
        initializers.put("b", TensorData.ofFloats(new float[] {0.1f, -0.25f, 3f}, 3));
        Node gemm =
                Node.of("fc", "Gemm", List.of("x", "w", "b"), List.of("h")).withAttribute("transB", Attribute.of(1));
        Node relu = Node.of("act", "Relu", List.of("h"), List.of("y"));
        return model(opset, initializers, gemm, relu);
    }

    private static Model model(long opset, Map<String, TensorData> initializers, Node... nodes) {
        Graph graph = new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, 2))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(1, 3))),
                List.of(nodes),
                initializers,
                List.of(),
                Details.NONE);
        return Model.of(graph, opset).withIrVersion(7);
    }

    private static Map<String, Encoding> w8a8() {
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        encodings.put("x", Encoding.perTensor(IntegerFormat.UINT8, 0.5f, 3));
        encodings.put(
                "w",
                new Encoding.Grid(IntegerFormat.INT8, PER_CHANNEL, -128, 127)
                        .with(new float[] {0.01f, 0.005f, 0.02f}, new long[3]));
        encodings.put(
                "b",
                new Encoding.Grid(
                                IntegerFormat.INT32, PER_CHANNEL, IntegerFormat.INT32.min(), IntegerFormat.INT32.max())
                        .with(new float[] {0.005f, 0.0025f, 0.01f}, new long[3]));
        encodings.put("y", Encoding.perTensor(IntegerFormat.UINT8, 0.02f, 0));
        return encodings;
    }

    private static Model export(Model model, Map<String, Encoding> encodings) {
        return new QdqExporter(Map.of("version", "1")).export(new QuantizedModel(model, new Plan(Map.of()), encodings));
    }

    private static TensorData initializer(Model model, String name) {
        return Objects.requireNonNull(model.graph().initializers().get(name), name);
    }

    @Test
    void surroundsTheLayerWithPairs() {
        Model exported = export(gemm(13), w8a8());

        assertThat(exported.graph().nodes().stream().map(node -> node.opType() + node.inputs() + "→" + node.outputs()))
                .containsExactly(
                        "QuantizeLinear[x, x_scale, x_zero_point]→[x_quantized]",
                        "DequantizeLinear[x_quantized, x_scale, x_zero_point]→[x_dequantized]",
                        "DequantizeLinear[w_quantized, w_scale, w_zero_point]→[w]",
                        "DequantizeLinear[b_quantized, b_scale]→[b]",
                        "Gemm[x_dequantized, w, b]→[h]",
                        "Relu[h]→[y_raw]",
                        "QuantizeLinear[y_raw, y_scale, y_zero_point]→[y_quantized]",
                        "DequantizeLinear[y_quantized, y_scale, y_zero_point]→[y]");
        assertThat(exported.graph().outputs()).isEqualTo(gemm(13).graph().outputs());
        assertThat(exported.opset()).isEqualTo(13);
        assertThat(exported.details().metadata()).containsEntry("vernier.version", "1");
    }

    @Test
    void storesIntegersNotFloats() {
        Model exported = export(gemm(13), w8a8());

        TensorData weights = initializer(exported, "w_quantized");
        assertThat(weights.dataType()).isEqualTo(DataType.INT8);
        assertThat(weights.toLongs()).containsExactly(127, -64, 4, 100, -127, 0);
        assertThat(initializer(exported, "w_zero_point").toLongs()).containsExactly(0, 0, 0);
        TensorData bias = initializer(exported, "b_quantized");
        assertThat(bias.dataType()).isEqualTo(DataType.INT32);
        assertThat(bias.toLongs()).containsExactly(20, -100, 300);
        assertThat(exported.graph().initializers()).doesNotContainKeys("w", "b");
    }

    @Test
    void raisesTheOpsetOnlyAsFarAsTheGridsNeed() {
        Encoding byTensor = Encoding.perTensor(IntegerFormat.UINT8, 0.5f, 3);
        Encoding sixteen = Encoding.perTensor(IntegerFormat.UINT16, 0.001f, 300);

        assertThat(export(gemm(9), Map.of()).opset()).isEqualTo(9);
        assertThat(export(gemm(9), Map.of("x", byTensor)).opset()).isEqualTo(10);
        assertThat(export(gemm(9), w8a8()).opset()).isEqualTo(13);
        assertThat(export(gemm(9), Map.of("x", sixteen)).opset()).isEqualTo(21);
        assertThat(export(gemm(9), Map.of("x", sixteen)).irVersion()).isEqualTo(10);
        assertThat(export(gemm(17), w8a8()).opset()).isEqualTo(17);
    }

    @Test
    void clipsInFrontOfAGridNarrowerThanItsType() {
        Encoding narrow = Encoding.perTensor(new IntegerFormat(5, false), 0.5f, 3);

        Model exported = export(gemm(13), Map.of("x", narrow));

        assertThat(exported.graph().nodes().getFirst().inputs()).containsExactly("x", "x_min", "x_max");
        assertThat(initializer(exported, "x_min").floatAt(0)).isEqualTo(-1.5f);
        assertThat(initializer(exported, "x_max").floatAt(0)).isEqualTo(14f);
        assertThat(initializer(exported, "x_zero_point").dataType()).isEqualTo(DataType.UINT8);
        assertThat(exported.details().metadata()).containsEntry("vernier.grid.x", "uint5 0 31");
    }

    @Test
    void storesEqualWeightsAndGridsOnce() {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        float[] values = {1, 2, 3, 4};
        initializers.put("v", TensorData.ofFloats(values, 2, 2));
        initializers.put("w", TensorData.ofFloats(values, 2, 2));
        Model model = model(
                13,
                initializers,
                Node.of("", "MatMul", List.of("x", "v"), List.of("h")),
                Node.of("", "MatMul", List.of("h", "w"), List.of("y")));
        Encoding encoding = Encoding.perTensor(IntegerFormat.INT8, 0.1f, 0);

        Model exported = export(model, Map.of("v", encoding, "w", encoding));

        assertThat(exported.graph().initializers()).containsOnlyKeys("v_quantized", "v_scale", "v_zero_point");
        assertThat(exported.graph().nodes())
                .filteredOn(node -> node.opType().equals("DequantizeLinear"))
                .allMatch(node -> node.inputs().getFirst().equals("v_quantized"))
                .hasSize(2);
    }

    @Test
    void readersInSubGraphsOfAQuantizedInputReadTheDequantizedValue() {
        Graph branch = new Graph(
                "branch",
                List.of(),
                List.of(Value.tensor("r", DataType.FLOAT, Shape.of(1, 2))),
                List.of(Node.of("", "Neg", List.of("x"), List.of("r"))),
                Map.of(),
                List.of(),
                Details.NONE);
        Node either = Node.of("", "If", List.of("c"), List.of("y"))
                .withAttribute("then_branch", new Attribute.GraphValue(branch))
                .withAttribute("else_branch", new Attribute.GraphValue(branch));
        Model model = model(13, Map.of("c", TensorData.ofIntegers(DataType.BOOL, new long[] {1})), either);

        Model exported = export(model, Map.of("x", Encoding.perTensor(IntegerFormat.UINT8, 0.5f, 3)));

        Attribute then = exported.graph().nodes().getLast().attributes().get("then_branch");
        assertThat(then)
                .isInstanceOfSatisfying(
                        Attribute.GraphValue.class,
                        graph -> assertThat(graph.value().nodes().getFirst().inputs())
                                .containsExactly("x_dequantized"));
    }

    @Test
    void refusesWhatOnnxCannotExpress() {
        assertThatThrownBy(() -> export(gemm(13), Map.of("x", Encoding.perTensor(IntegerFormat.INT32, 1, 0))))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("'x'")
                .hasMessageContaining("int32");
        assertThatThrownBy(() -> export(gemm(13), Map.of("nobody", Encoding.perTensor(IntegerFormat.INT8, 1, 0))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    static Stream<IntegerFormat> formats() {
        return Stream.of(2, 3, 4, 5, 7, 8, 9, 12, 16)
                .flatMap(bits -> Stream.of(new IntegerFormat(bits, true), new IntegerFormat(bits, false)));
    }

    /// An Identity behind the pair keeps ONNX Runtime from dropping it; scales are no powers of two, and values reach
    /// beyond both ends of the grid.
    @ParameterizedTest
    @MethodSource("formats")
    void onnxRuntimeComputesWhatTheQuantizerDefinesAtEveryWidth(IntegerFormat format) {
        long seed = 91L + format.bits();
        Random random = new Random(seed);
        Encoding encoding = Encoding.perTensor(format, 0.0371f, format.min() + format.max() / 3);
        float[] values = new float[4001];
        for (int i = 0; i < values.length; i++) {
            double code = (random.nextDouble() * 3 - 1) * Math.scalb(1.0, format.bits()) + 0.5 * random.nextInt(2);
            values[i] = encoding.scale(0) * (float) code;
        }
        TensorData x = TensorData.ofFloats(values, 1, values.length);
        Graph graph = new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, values.length))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(1, values.length))),
                List.of(Node.of("", "Neg", List.of("x"), List.of("y"))),
                Map.of(),
                List.of(),
                Details.NONE);

        Model exported = export(Model.of(graph, 21), Map.of("x", encoding));
        float[] negated = Objects.requireNonNull(
                        OnnxRuntime.run(exported, Map.of("x", x)).get("y"))
                .toFloats();

        float[] expected = Quantizer.ONNX.fakeQuantize(x, encoding).toFloats();
        for (int i = 0; i < expected.length; i++) {
            assertThat(-negated[i]).as("seed %d, x = %s", seed, values[i]).isEqualTo(expected[i]);
        }
    }
}
