package ai.vernier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.OnnxRuntime;
import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QdqImporterTest {
    /// y = MatMul(x, w) as onnxruntime.quantization writes it.
    private static Graph foreign() {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        initializers.put("w_quantized", TensorData.ofIntegers(DataType.INT8, new long[] {10, -20, 30, 127}, 2, 2));
        initializers.put("w_scale", TensorData.ofFloats(new float[] {0.5f, 0.25f}, 2));
        initializers.put("w_zero_point", TensorData.ofIntegers(DataType.INT8, new long[2], 2));
        initializers.put("s", TensorData.ofFloats(new float[] {0.1f}));
        initializers.put("z", TensorData.ofIntegers(DataType.UINT8, new long[] {7}));
        List<Node> nodes = List.of(
                Node.of("", "QuantizeLinear", List.of("x", "s", "z"), List.of("x_QuantizeLinear_Output")),
                Node.of(
                        "",
                        "DequantizeLinear",
                        List.of("x_QuantizeLinear_Output", "s", "z"),
                        List.of("x_DequantizeLinear_Output")),
                Node.of(
                                "",
                                "DequantizeLinear",
                                List.of("w_quantized", "w_scale", "w_zero_point"),
                                List.of("w_DequantizeLinear_Output"))
                        .withAttribute("axis", Attribute.of(1)),
                Node.of(
                        "mm",
                        "MatMul",
                        List.of("x_DequantizeLinear_Output", "w_DequantizeLinear_Output"),
                        List.of("y_QuantizeLinear_Input")),
                Node.of(
                        "",
                        "QuantizeLinear",
                        List.of("y_QuantizeLinear_Input", "s", "z"),
                        List.of("y_QuantizeLinear_Output")),
                Node.of("", "DequantizeLinear", List.of("y_QuantizeLinear_Output", "s", "z"), List.of("y")));
        return new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, 2))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(1, 2))),
                nodes,
                initializers,
                List.of(),
                Details.NONE);
    }

    @Test
    void readsPairsThatAnotherToolWrote() {
        QuantizedModel read = QdqImporter.read(Model.of(foreign(), 13));

        assertThat(read.model().graph().nodes())
                .containsExactly(Node.of("mm", "MatMul", List.of("x", "w"), List.of("y")));
        assertThat(read.model().graph().initializers()).containsOnlyKeys("w");
        assertThat(Objects.requireNonNull(read.model().graph().initializers().get("w"))
                        .toFloats())
                .containsExactly(5, -5, 15, 31.75f);
        assertThat(read.encodings().keySet()).containsExactly("x", "w", "y");
        assertThat(read.encodings()).containsEntry("y", Encoding.perTensor(IntegerFormat.UINT8, 0.1f, 7));
        assertThat(Objects.requireNonNull(read.encodings().get("w")).granularity())
                .isEqualTo(new Granularity.PerChannel(1));
        assertThat(read.plan().decision("w").rule()).isEqualTo("stated in the file");
    }

    @Test
    void aFloatModelHasNoGrids() {
        Graph graph = foreign().withNodes(List.of(Node.of("", "Neg", List.of("x"), List.of("y"))));

        QuantizedModel read = QdqImporter.read(Model.of(graph, 13));

        assertThat(read.encodings()).isEmpty();
        assertThat(read.model().graph()).isEqualTo(graph);
    }

    @Test
    void refusesIntegersThatSomethingElseReads() {
        List<Node> nodes = new ArrayList<>(foreign().nodes());
        nodes.add(Node.of("pool", "MaxPool", List.of("x_QuantizeLinear_Output"), List.of("p")));

        assertThatThrownBy(() -> QdqImporter.read(Model.of(foreign().withNodes(nodes), 13)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("QuantizeLinear 'x_QuantizeLinear_Output'");
    }

    @Test
    void refusesATensorThatIsAlsoReadInFloat() {
        List<Node> nodes = new ArrayList<>(foreign().nodes());
        nodes.add(Node.of("", "Neg", List.of("x"), List.of("n")));

        assertThatThrownBy(() -> QdqImporter.read(Model.of(foreign().withNodes(nodes), 13)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("'x' is also read in float");
    }

    @Test
    void refusesQuantizedConstantsOfIntegers() {
        List<Node> nodes = new ArrayList<>(foreign().nodes());
        nodes.set(0, nodes.get(0).withInputs(List.of("shape", "s", "z")));
        Map<String, TensorData> initializers = new LinkedHashMap<>(foreign().initializers());
        initializers.put("shape", TensorData.ofLongs(new long[] {1, 2}, 2));
        Graph graph = foreign().withNodes(nodes).withInitializers(initializers);

        assertThatThrownBy(() -> QdqImporter.read(Model.of(graph, 13)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("initializer 'shape' int64[2]: is quantized, which only float tensors can be");
    }

    @Test
    void refusesAPairThatChangesTheGrid() {
        List<Node> nodes = new ArrayList<>(foreign().nodes());
        nodes.set(1, nodes.get(1).withInputs(List.of("x_QuantizeLinear_Output", "other", "z")));
        Map<String, TensorData> initializers = new LinkedHashMap<>(foreign().initializers());
        initializers.put("other", TensorData.ofFloats(new float[] {0.2f}));
        Graph graph = foreign().withNodes(nodes).withInitializers(initializers);

        assertThatThrownBy(() -> QdqImporter.read(Model.of(graph, 13)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("its grid is not that of");
    }

    @Test
    void refusesIntegerOperators() {
        Graph graph =
                foreign().withNodes(List.of(Node.of("conv", "QLinearConv", List.of("x", "s", "z"), List.of("y"))));

        assertThatThrownBy(() -> QdqImporter.read(Model.of(graph, 13)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("QLinearConv 'conv'");
    }

    /// Narrow, restricted, per channel, in groups, in 4 and 16 bits, and a bias: everything a file can state.
    @Test
    void everyGridComesBackAsItWas() {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        initializers.put("u", TensorData.ofFloats(new float[] {1, -2, 3, 0.5f, 1.5f, 2, -1, 0, 1}, 3, 3));
        initializers.put("v", TensorData.ofFloats(new float[] {1, -2, 3, 0.5f, 1.5f, 2}, 3, 2));
        initializers.put("b", TensorData.ofFloats(new float[] {0.5f, 0.25f}, 2));
        Graph graph = new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, 3))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(1, 2))),
                List.of(
                        Node.of("", "MatMul", List.of("x", "u"), List.of("h")),
                        Node.of("", "Gemm", List.of("h", "v", "b"), List.of("y"))),
                initializers,
                List.of(),
                Details.NONE);
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        encodings.put("x", Encoding.perTensor(new IntegerFormat(5, false), 0.3f, 9));
        encodings.put(
                "u",
                new Encoding.Grid(IntegerFormat.INT4, new Granularity.PerGroup(0, 2), -8, 7)
                        .with(new float[] {.1f, .2f, .3f, .4f, .5f, .6f}, new long[6]));
        encodings.put("h", Encoding.perTensor(IntegerFormat.UINT16, 0.001f, 30000));
        encodings.put(
                "v",
                new Encoding.Grid(IntegerFormat.INT8, new Granularity.PerChannel(1), -127, 127)
                        .with(new float[] {0.02f, 0.03f}, new long[2]));
        encodings.put(
                "b",
                new Encoding.Grid(
                                IntegerFormat.INT32,
                                new Granularity.PerChannel(0),
                                IntegerFormat.INT32.min(),
                                IntegerFormat.INT32.max())
                        .with(new float[] {0.00002f, 0.00003f}, new long[2]));
        QuantizedModel quantized = new QuantizedModel(Model.of(graph, 13), new Plan(Map.of()), encodings);

        Model exported = new QdqExporter(Map.of()).export(quantized);
        QuantizedModel read = QdqImporter.read(exported);

        assertThat(read.encodings()).containsExactlyInAnyOrderEntriesOf(encodings);
        assertThat(read.model().graph().nodes()).isEqualTo(graph.nodes());
        assertThat(read.plan().decision("b")).isEqualTo(new Decision.AccumulatorBias("h", "v", "stated in the file"));
        assertThat(new QdqExporter(Map.of()).export(read)).isEqualTo(exported);
        TensorData x = TensorData.ofFloats(new float[] {1, -2, 40}, 1, 3);
        assertThat(OnnxRuntime.run(exported, Map.of("x", x))).containsOnlyKeys("y");
    }

    @ParameterizedTest
    @CsvSource({
        "float[1] s = {-1}, 'scale 0 is -1.0'",
        "float s = {0}, 'scale 0 is 0.0'",
        "float[3] s = {1;1;1}, '3 scales and 1 zero points'",
        "'float[4] s = {1;1;1;1}, int8[4] z = {0;0;0;0}', 'do not fit its codes'"
    })
    void gridsThatCannotBeAreRefusedByNode(String constants, String reason) {
        String zeroPoint = constants.contains(" z ") ? "" : ", int8 z = {0}";
        Model model = OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[2,2] x) => (float[2,3] y) <int8[2,3] w = {1, 2, 3, 4, 5, 6}, %s%s>
                { d = DequantizeLinear <axis = 1> (w, s, z)  y = MatMul (x, d) }
                """.formatted(constants.replace(';', ','), zeroPoint));
        assertThatThrownBy(() -> QdqImporter.read(model))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("DequantizeLinear 'd'")
                .hasMessageContaining(reason);
    }
}
