package ai.vernier.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.Scheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TargetTest {
    private final Target target = Target.load(Target.GENERIC_INT8);

    @Test
    void genericInt8GivesTheGridsMostIntegerProcessorsTake() {
        assertThat(target.activations())
                .isEqualTo(new TensorProfile(IntegerFormat.UINT8, Scheme.ASYMMETRIC, false, 4, 16));
        assertThat(target.weights())
                .isEqualTo(new TensorProfile(IntegerFormat.INT8, Scheme.SYMMETRIC_RESTRICTED, true, 2, 16));
        assertThat(target.bias()).isEqualTo(IntegerFormat.INT32);
    }

    @Test
    void weightAxisFollowsTheOperator() {
        assertThat(behaviour(node("Conv"))).isEqualTo(weighted(2, new Behaviour.Channels.Axis(0)));
        assertThat(behaviour(node("ConvTranspose"))).isEqualTo(weighted(2, new Behaviour.Channels.Axis(1)));
        assertThat(behaviour(node("ConvTranspose").withAttribute("group", Attribute.of(2))))
                .isEqualTo(weighted(2, new Behaviour.Channels.None()));
        assertThat(behaviour(node("Gemm"))).isEqualTo(weighted(2, new Behaviour.Channels.Axis(1)));
        assertThat(behaviour(node("Gemm").withAttribute("transB", Attribute.of(1))))
                .isEqualTo(weighted(2, new Behaviour.Channels.Axis(0)));
        assertThat(behaviour(node("Gemm").withAttribute("beta", Attribute.of(0.5f))))
                .isEqualTo(weighted(Behaviour.WeightedSum.NO_BIAS, new Behaviour.Channels.Axis(1)));
        assertThat(behaviour(node("MatMul")))
                .isEqualTo(weighted(Behaviour.WeightedSum.NO_BIAS, new Behaviour.Channels.Axis(-1)));
    }

    @Test
    void depthwiseTransposedConvolutionsHaveAScalePerGroup() {
        Node node = Node.of("", "ConvTranspose", List.of("x", "fourTimesOneChannel"), List.of("y"));
        assertThat(behaviour(node.withAttribute("group", Attribute.of(4))))
                .isEqualTo(weighted(2, new Behaviour.Channels.Axis(0)));
        assertThat(behaviour(node.withAttribute("group", Attribute.of(2))))
                .isEqualTo(weighted(2, new Behaviour.Channels.None()));
    }

    @Test
    void paddingMovesDataOnlyWhereThePadValueIsOnTheGrid() {
        assertThat(behaviour(node("Pad"))).isInstanceOf(Behaviour.MovesData.class);
        assertThat(behaviour(pad("zero"))).isInstanceOf(Behaviour.MovesData.class);
        assertThat(behaviour(pad("one"))).isInstanceOf(Behaviour.Computed.class);
        assertThat(behaviour(pad("dynamic"))).isInstanceOf(Behaviour.Computed.class);
        assertThat(behaviour(pad("one").withAttribute("mode", Attribute.of("reflect"))))
                .isInstanceOf(Behaviour.MovesData.class);
        assertThat(behaviour(node("Pad").withAttribute("value", Attribute.of(1f))))
                .isInstanceOf(Behaviour.Computed.class);
    }

    @Test
    void axesThatAreNoIntegersAreNoAxes() {
        assertThat(behaviour(Node.of("", "ReduceMean", List.of("x", "one"), List.of("y"))))
                .isInstanceOf(Behaviour.StaysFloat.class);
    }

    @Test
    void quotientsAreComputedOnlyByConstants() {
        assertThat(behaviour(Node.of("", "Div", List.of("x", "one"), List.of("y"))))
                .isInstanceOf(Behaviour.Computed.class);
        assertThat(behaviour(Node.of("", "Div", List.of("x", "z"), List.of("y"))))
                .isInstanceOf(Behaviour.StaysFloat.class);
    }

    @Test
    void operatorsTheTargetDoesNotKnowStayFloat() {
        assertThat(behaviour(node("FancyOp")))
                .isEqualTo(new Behaviour.StaysFloat("target generic-int8 has no integer form of FancyOp"));
    }

    @Test
    void loadsFromAFileAndTellsAllItsProblems(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("mine.yaml");
        Files.writeString(file, """
                vernier-target: 2
                name: mine
                activations: {format: uint8, sheme: symmetric}
                weights: {format: float8, scheme: symmetric}
                bias: int32
                operators:
                  - {types: [Conv], behaviour: magic}
                """);

        assertThatThrownBy(() -> Target.load(file.toString()))
                .hasMessageContaining(":1: vernier-target: found '2'")
                .hasMessageContaining(":3: activations.sheme: unknown key; did you mean 'scheme'?")
                .hasMessageContaining(":4: weights.format: found 'float8'")
                .hasMessageContaining(":7: operators[0].behaviour: found 'magic'");
        assertThatThrownBy(() -> Target.load("no-such-target")).hasMessageContaining("expected 'generic-int8'");
    }

    private Behaviour behaviour(Node node) {
        Map<String, TensorData> initializers = Map.of(
                "zero",
                TensorData.ofFloats(new float[] {0}),
                "one",
                TensorData.ofFloats(new float[] {1}),
                "fourTimesOneChannel",
                TensorData.ofFloats(new float[12], 4, 1, 3));
        return target.behaviour(
                node, new Graph("g", List.of(), List.of(), List.of(node), initializers, List.of(), Details.NONE));
    }

    private static Behaviour weighted(int bias, Behaviour.Channels channels) {
        return new Behaviour.WeightedSum(1, bias, channels);
    }

    private static Node node(String opType) {
        return Node.of("", opType, List.of("x", "w"), List.of("y"));
    }

    private static Node pad(String value) {
        return Node.of("", "Pad", List.of("x", "pads", value), List.of("y"));
    }
}
