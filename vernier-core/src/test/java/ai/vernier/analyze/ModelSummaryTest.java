package ai.vernier.analyze;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelSummaryTest {
    private static final Attribute PADS = Attribute.ofInts(1, 1, 1, 1);

    @Test
    void convolutionCostsItsOutputTimesItsKernel() {
        Node conv = Node.of("conv", "Conv", List.of("x", "w"), List.of("y"))
                .withAttribute("pads", PADS)
                .withAttribute("strides", Attribute.ofInts(2, 2));
        Model model = model(batched(3, 9, 8), List.of(conv), Map.of("w", zeros(8, 3, 3, 3)));

        ModelSummary summary = ModelSummary.of(model);

        // 8 channels of 5 × 4 outputs, each the sum of 3 · 3 · 3 products.
        assertThat(summary.multiplyAccumulates().total()).isEqualTo(8 * 5 * 4 * 27);
        assertThat(summary.parameters()).isEqualTo(8 * 27);
        assertThat(summary.totalWeightBytes()).isEqualTo(8 * 27 * 4);
    }

    @Test
    void shapesAreFollowedThroughWholeNetworks() {
        List<Node> nodes = List.of(
                Node.of("depthwise", "Conv", List.of("x", "w1"), List.of("a"))
                        .withAttribute("group", Attribute.of(4))
                        .withAttribute("pads", PADS),
                Node.of("relu", "Relu", List.of("a"), List.of("b")),
                Node.of("sum", "Add", List.of("b", "x"), List.of("c")),
                Node.of("pool", "MaxPool", List.of("c"), List.of("d"))
                        .withAttribute("kernel_shape", Attribute.ofInts(2, 2))
                        .withAttribute("strides", Attribute.ofInts(2, 2)),
                Node.of("flatten", "Flatten", List.of("d"), List.of("e")),
                Node.of("gemm", "Gemm", List.of("e", "w2"), List.of("y")).withAttribute("transB", Attribute.of(1)));
        Model model = model(batched(4, 6, 6), nodes, Map.of("w1", zeros(4, 1, 3, 3), "w2", zeros(10, 36)));

        Map<String, Long> byNode = ModelSummary.of(model).multiplyAccumulates().byNode();

        assertThat(byNode)
                .containsExactly(Map.entry("Conv 'depthwise'", 4L * 36 * 9), Map.entry("Gemm 'gemm'", 10L * 36));
    }

    /// An embedding, a mean over it and a projection, as in language models.
    @Test
    void shapesAreFollowedThroughGathersAndReductions() {
        List<Node> nodes = List.of(
                Node.of("embed", "Gather", List.of("table", "x"), List.of("a")),
                Node.of("mean", "ReduceMean", List.of("a"), List.of("b"))
                        .withAttribute("axes", Attribute.ofInts(1))
                        .withAttribute("keepdims", Attribute.of(0)),
                Node.of("project", "MatMul", List.of("b", "w"), List.of("y")),
                Node.of("each", "MatMul", List.of("a", "w"), List.of("z")));
        Model model = model(batched(7), nodes, Map.of("table", zeros(50, 6), "w", zeros(6, 9)));

        assertThat(ModelSummary.of(model).multiplyAccumulates().byNode())
                .containsExactly(Map.entry("MatMul 'project'", 6L * 9), Map.entry("MatMul 'each'", 7L * 6 * 9));
    }

    @Test
    void nodesOfUnknownShapeAreNamedAndNotCounted() {
        Shape open = new Shape(List.of(
                new Dimension.Symbolic("N"),
                new Dimension.Known(3),
                new Dimension.Symbolic("H"),
                new Dimension.Symbolic("W")));
        Node conv = Node.of("conv", "Conv", List.of("x", "w"), List.of("y"));

        MultiplyAccumulates cost = ModelSummary.of(model(open, List.of(conv), Map.of("w", zeros(8, 3, 3, 3))))
                .multiplyAccumulates();

        assertThat(cost.total()).isZero();
        assertThat(cost.unknown()).containsExactly("Conv 'conv'");
    }

    @Test
    void operatorsAreCountedInSubGraphsToo() {
        Graph branch = new Graph(
                "branch",
                List.of(),
                List.of(Value.tensor("z", DataType.FLOAT, Shape.of(1))),
                List.of(Node.of("", "Relu", List.of("x"), List.of("z"))),
                Map.of("unused", zeros(5)),
                List.of(),
                Details.NONE);
        Node choice = Node.of("if", "If", List.of("c"), List.of("y"))
                .withAttribute("then_branch", new Attribute.GraphValue(branch))
                .withAttribute("else_branch", new Attribute.GraphValue(branch));

        ModelSummary summary = ModelSummary.of(model(batched(1, 1, 1), List.of(choice), Map.of()));

        assertThat(summary.operators()).containsExactly(Map.entry("Relu", 2), Map.entry("If", 1));
        assertThat(summary.parameters()).isEqualTo(10);
    }

    private static Shape batched(long... sizes) {
        long[] withBatch = new long[sizes.length + 1];
        System.arraycopy(sizes, 0, withBatch, 1, sizes.length);
        return Shape.of(withBatch).with(0, new Dimension.Symbolic("N"));
    }

    private static TensorData zeros(long... dims) {
        return TensorData.ofFloats(new float[Math.toIntExact(TensorData.elementCount(dims))], dims);
    }

    private static Model model(Shape input, List<Node> nodes, Map<String, TensorData> initializers) {
        Graph graph = new Graph(
                "test",
                List.of(Value.tensor("x", DataType.FLOAT, input)),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(1))),
                nodes,
                initializers,
                List.of(),
                Details.NONE);
        return Model.of(graph, 13);
    }
}
