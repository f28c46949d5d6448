package ai.vernier.onnx.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OpsetUpgradeTest {
    private static Model model(long opset, Node... nodes) {
        Graph graph = new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(2, 3, 4))),
                List.of(),
                List.of(nodes),
                Map.of(),
                List.of(),
                Details.NONE);
        return Model.of(graph, opset).withIrVersion(4);
    }

    private static Node node(String opType) {
        return Node.of("n", opType, List.of("x"), List.of("y"));
    }

    private static Graph raise(long from, long to, Node... nodes) {
        return OpsetUpgrade.raise(model(from, nodes), to).graph();
    }

    private static TensorData constant(Graph graph, int node, int input) {
        String name = graph.nodes().get(node).inputs().get(input);
        return Objects.requireNonNull(graph.initializers().get(name));
    }

    @Test
    void aModelAsNewAsWantedStaysItself() {
        Model model = model(13, node("Relu"));

        assertThat(OpsetUpgrade.raise(model, 13)).isSameAs(model);
        assertThat(OpsetUpgrade.raise(model, 10)).isSameAs(model);
    }

    @Test
    void raisesTheIrVersionWithTheOpset() {
        assertThat(OpsetUpgrade.raise(model(9, node("Relu")), 13).irVersion()).isEqualTo(7);
        assertThat(OpsetUpgrade.raise(model(9, node("Relu")), 21).irVersion()).isEqualTo(10);
        assertThat(OpsetUpgrade.raise(model(9, node("Relu")), 23).irVersion()).isEqualTo(11);
        assertThat(OpsetUpgrade.raise(model(9, node("Relu")), 24).irVersion()).isEqualTo(12);
        assertThat(OpsetUpgrade.irVersion(8)).isEqualTo(3);
        assertThat(OpsetUpgrade.irVersion(10)).isEqualTo(5);
    }

    @Test
    void nodesWhoseMeaningIsTheSameStayTheSame() {
        Node gemm = Node.of("n", "Gemm", List.of("x", "x", "x"), List.of("y"));
        Node clip = Node.of("c", "Clip", List.of("y", "", ""), List.of("z"));

        assertThat(raise(12, 21, gemm, clip).nodes()).containsExactly(gemm, clip);
    }

    @Test
    void axesBecomeAnInputAndEqualOnesAreStoredOnce() {
        Node squeeze = node("Squeeze").withAttribute("axes", Attribute.ofInts(0, 2));
        Node other =
                Node.of("m", "Unsqueeze", List.of("y"), List.of("z")).withAttribute("axes", Attribute.ofInts(0, 2));

        Graph raised = raise(11, 13, squeeze, other);

        assertThat(raised.nodes())
                .allSatisfy(each -> assertThat(each.attributes()).isEmpty());
        assertThat(constant(raised, 0, 1).toLongs()).containsExactly(0, 2);
        assertThat(raised.initializers()).hasSize(1);
    }

    @Test
    void clipBoundsBecomeInputsEachInItsPlace() {
        Node upper = node("Clip").withAttribute("max", Attribute.of(6f));

        Graph raised = raise(9, 11, upper);

        assertThat(raised.nodes().getFirst().inputs()).hasSize(3).element(1).isEqualTo("");
        assertThat(constant(raised, 0, 2).floatAt(0)).isEqualTo(6f);
    }

    @Test
    void softmaxOverTheLastAxisStaysOneNode() {
        Graph last = raise(11, 13, node("Softmax").withAttribute("axis", Attribute.of(2)));

        assertThat(last.nodes()).hasSize(1);
        assertThat(last.nodes().getFirst().intAttribute("axis", 9)).isEqualTo(-1);
    }

    @Test
    void softmaxOverSeveralAxesFlattensThem() {
        Graph several = raise(11, 13, node("Softmax"));

        assertThat(several.nodes().stream().map(Node::opType))
                .containsExactly("Shape", "Flatten", "Softmax", "Reshape");
        assertThat(several.nodes().get(1).intAttribute("axis", 9)).isEqualTo(1);
        assertThat(several.nodes().getLast().outputs()).containsExactly("y");
    }

    @Test
    void upsampleBecomesAResizeThatSamplesAsBefore() {
        Node upsample = Node.of("n", "Upsample", List.of("x", "scales"), List.of("y"))
                .withAttribute("mode", Attribute.of("nearest"));

        Node resize = raise(9, 11, upsample).nodes().getFirst();

        assertThat(resize.opType()).isEqualTo("Resize");
        assertThat(resize.inputs()).hasSize(3).element(2).isEqualTo("scales");
        assertThat(resize.stringAttribute("coordinate_transformation_mode", "")).isEqualTo("asymmetric");
        assertThat(resize.stringAttribute("nearest_mode", "")).isEqualTo("floor");
    }

    @Test
    void sliceTopKPadDropoutAndSplitTakeTheirNumbersAsInputs() {
        Node slice =
                node("Slice").withAttribute("starts", Attribute.ofInts(1)).withAttribute("ends", Attribute.ofInts(3));
        assertThat(constant(raise(9, 10, slice), 0, 2).toLongs()).containsExactly(3);
        Node topK = node("TopK").withAttribute("k", Attribute.of(5));
        assertThat(constant(raise(9, 10, topK), 0, 1).toLongs()).containsExactly(5);
        Node pad = node("Pad").withAttribute("pads", Attribute.ofInts(0, 1)).withAttribute("value", Attribute.of(2f));
        assertThat(constant(raise(10, 11, pad), 0, 2).floatAt(0)).isEqualTo(2f);
        Node dropout = node("Dropout").withAttribute("ratio", Attribute.of(0.25f));
        assertThat(constant(raise(11, 12, dropout), 0, 1).floatAt(0)).isEqualTo(0.25f);
        Node split = node("Split").withOutputs(List.of("a", "b"));
        assertThat(raise(13, 18, split).nodes().getFirst().intAttribute("num_outputs", 0))
                .isEqualTo(2);
    }

    @Test
    void convertsSubGraphsWithConstantsOfTheirOwn() {
        Node inner = node("Squeeze").withAttribute("axes", Attribute.ofInts(0));
        Graph branch = model(11, inner).graph();
        Node outer = Node.of("if", "If", List.of("c"), List.of("z"))
                .withAttribute("then_branch", new Attribute.GraphValue(branch));

        Graph raised = raise(11, 13, outer);

        assertThat(raised.initializers()).isEmpty();
        assertThat(Optional.ofNullable(raised.nodes().getFirst().attributes().get("then_branch")))
                .get()
                .isInstanceOfSatisfying(Attribute.GraphValue.class, graph -> {
                    assertThat(graph.value().initializers()).hasSize(1);
                    assertThat(graph.value().nodes().getFirst().attributes()).isEmpty();
                });
    }

    @Test
    void refusesByNameWhatItCannotConvert() {
        Node training = node("BatchNormalization").withOutputs(List.of("y", "mean", "var"));

        assertThatThrownBy(() -> raise(13, 14, training))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("BatchNormalization 'n'")
                .hasMessageContaining("opset 14");
        assertThatThrownBy(() -> raise(8, 9, node("Scan"))).isInstanceOf(UnsupportedModelException.class);
        assertThatThrownBy(() -> raise(6, 13, node("Relu"))).isInstanceOf(UnsupportedModelException.class);
        assertThatThrownBy(() -> raise(13, 25, node("Relu"))).isInstanceOf(UnsupportedModelException.class);
    }
}
