package ai.vernier.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.Scheme;
import ai.vernier.target.Target;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanResolverTest {
    private final Target target = Target.load(Target.GENERIC_INT8);
    private final Recipe defaults = Recipe.defaults(target);

    @Test
    void aSmallNetworkGetsOneGridPerFusedOperator() {
        Plan plan = resolve(convNet());

        assertThat(plan.toText().replaceAll(" {2,}", "  ")).isEqualTo("""
                tensor  decision  rule
                x  uint8 mse  graph input read by Conv 'c': uint8 asymmetric
                w  int8 minmax  weight of Conv 'c': int8 symmetric restricted per channel (axis 0)
                b  int32 x · w  bias of Conv 'c': int32 on the grid of the accumulator
                c  float  inside the fused Conv 'c' + Relu 'r': only the last output is put on a grid
                r  uint8 mse  output of Conv 'c' + Relu 'r': uint8 asymmetric
                p  = r  MaxPool 'p' moves data on the grid of its input
                f  = r  Flatten 'f' moves data on the grid of its input
                v  int8 minmax  weight of Gemm 'g': int8 symmetric restricted per channel (axis 0)
                d  int32 f · v  bias of Gemm 'g': int32 on the grid of the accumulator
                g  uint8 mse  output of Gemm 'g': uint8 asymmetric
                y  uint8 [0.0, 1.0]  output of Softmax 'y', whose range [0.0, 1.0] is known: uint8 asymmetric
                """);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Gelu (a)",
                "HardSwish (a)",
                "Swish (a)",
                "Mish (a)",
                "LayerNormalization (a, g, g)",
                "RMSNormalization (a, g)",
                "InstanceNormalization (a, i, i)",
            })
    void fusedOperatorsReadAndWriteGrids(String operator) {
        Plan plan = resolve(
                OnnxText.parse("<ir_version: 12, opset_import: [\"\" : 24]> g (float[1,2,2] x) => (float[1,2,2] y)"
                        + " <float[2,2] w = {1.0, 2.0, 3.0, 4.0}, float[2] g = {1.0, 2.0}, float[2] i = {1.0, 2.0}>"
                        + " { p = MatMul (x, w)  a = Neg (p)  n = " + operator + "  y = MatMul (n, w) }"));

        assertThat(spec(plan, "a")).isEqualTo(activation(8, Scheme.ASYMMETRIC));
        assertThat(plan.decision("n").rule()).startsWith("output of " + operator.replaceAll(" .*", ""));
        assertThat(spec(plan, "n")).isEqualTo(activation(8, Scheme.ASYMMETRIC));
    }

    @Test
    void laterRulesWinAndAreNamed() {
        Plan plan = resolve(
                convNet(),
                Rule.of(Selector.ofRegex("."), new Setting.ActivationBits(16)),
                Rule.of(Selector.ofNames("x"), new Setting.ActivationBits(4), new Setting.Symmetric(true)),
                Rule.of(Selector.ofOperators("Gemm"), new Setting.WeightBits(4), new Setting.WeightsPer(Per.TENSOR)));

        assertThat(spec(plan, "x")).isEqualTo(activation(4, Scheme.SYMMETRIC));
        assertThat(plan.decision("x").rule()).endsWith("; by rules[0] (regex .) and rules[1] (name x)");
        assertThat(spec(plan, "r")).isEqualTo(activation(16, Scheme.ASYMMETRIC));
        assertThat(spec(plan, "v"))
                .isEqualTo(QuantSpec.perTensor(new IntegerFormat(4, true), Scheme.SYMMETRIC_RESTRICTED));
        assertThat(spec(plan, "w").granularity()).isEqualTo(new Granularity.PerChannel(0));
    }

    @Test
    void aNodeKeptInFloatLeavesOnlyTheGridsItsNeighboursNeed() {
        Plan plan = resolve(convNet(), Rule.of(Selector.ofOperators("Conv"), new Setting.KeepFloat(true)));

        assertKeptFloat(plan, "x", "read by Conv 'c', which computes in floating point: by rules[0] (op type Conv)");
        assertKeptFloat(plan, "w", "rules[0]");
        assertKeptFloat(plan, "b", "rules[0]");
        assertKeptFloat(plan, "c", "Conv 'c' computes in floating point");
        assertThat(plan.decision("r").rule()).startsWith("read through MaxPool 'p' by an integer operator");
        assertThat(((Decision.SameAs) plan.decision("f")).leader()).isEqualTo("r");
        assertThat(plan.decision("g")).isInstanceOf(Decision.Calibrated.class);
    }

    @Test
    void aTensorKeptInFloatKeepsItsReadersInFloat() {
        Plan plan = resolve(convNet(), Rule.of(Selector.ofNames("w"), new Setting.KeepFloat(true)));

        assertKeptFloat(plan, "w", "by rules[0] (name w)");
        assertKeptFloat(plan, "b", "its input 'w' stays in floating point by rules[0] (name w)");
    }

    @Test
    void aLaterRuleTakesANodeBackIn() {
        Plan plan = resolve(
                convNet(),
                Rule.of(Selector.ofRegex("."), new Setting.KeepFloat(true)),
                Rule.of(Selector.ofNames("g"), new Setting.KeepFloat(false)));

        assertThat(plan.quantized()).containsExactly("f", "v", "d", "g");
        assertKeptFloat(plan, "r", "rules[0]");
    }

    @Test
    void anUnfusedActivationFollowsWhereOthersReadTheSum() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 1, 4, 4)
                .weight("w", 1, 1, 1, 1)
                .node("Conv x w -> c")
                .node("Relu c -> r")
                .node("Add c r -> y")
                .outputs("y"));

        assertThat(plan.quantized()).containsExactly("x", "w", "c", "r", "y");
    }

    @Test
    void concatAndItsInputsShareOneGrid() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 1, 4, 4)
                .weight("w", 1, 1, 1, 1)
                .node("Conv x w -> a")
                .node("Conv a w -> b")
                .node("Flatten b -> f")
                .node("Flatten a -> e")
                .node("Concat e f -> c", Map.of("axis", Attribute.of(1)))
                .node("Concat c e -> d", Map.of("axis", Attribute.of(1)))
                .node("Relu d -> y")
                .outputs("y"));

        assertThat(plan.decision("d")).isInstanceOf(Decision.Calibrated.class);
        for (String tied : new String[] {"a", "b", "c", "e", "f"}) {
            assertThat(plan.decision(tied)).as(tied).isInstanceOf(Decision.SameAs.class);
            assertThat(((Decision.SameAs) plan.decision(tied)).leader())
                    .as(tied)
                    .isEqualTo("d");
        }
    }

    @Test
    void partsThatAreOnlyJoinedToBeHandedOutKeepTheirOwnGrids() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 1, 4, 4)
                .weight("w", 1, 1, 1, 1)
                .node("Conv x w -> boxes")
                .node("Conv x w -> logits")
                .node("Sigmoid logits -> scores")
                .node("Concat boxes scores -> c", Map.of("axis", Attribute.of(1)))
                .node("Transpose c -> y")
                .outputs("y"));

        assertThat(plan.quantized()).containsExactly("x", "w", "boxes", "logits");
        assertKeptFloat(plan, "c", "each part is finer on its own grid");
        assertKeptFloat(plan, "scores", "all its readers compute in floating point");
    }

    @Test
    void concatRequantizesInputsItCannotLead() {
        Plan plan = resolve(
                new NetBuilder()
                        .input("x", 1, 1, 4, 4)
                        .weight("w", 1, 1, 1, 1)
                        .node("Conv x w -> a")
                        .node("Sigmoid a -> s")
                        .node("Conv a w -> wide")
                        .node("Conv a w -> b")
                        .node("MaxPool a -> part")
                        .node("Concat s wide b part -> c")
                        .node("Relu c -> y")
                        .outputs("y"),
                Rule.of(Selector.ofNames("wide"), new Setting.ActivationBits(16)));

        assertThat(plan.decision("s")).isInstanceOf(Decision.Fixed.class);
        assertThat(spec(plan, "wide").format().bits()).isEqualTo(16);
        assertThat(((Decision.SameAs) plan.decision("b")).leader()).isEqualTo("c");
        assertThat(((Decision.SameAs) plan.decision("part")).leader()).isEqualTo("a");
    }

    @Test
    void concatJoinsTheOneGridItsInputsLieOn() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 1, 4, 4)
                .weight("w", 1, 1, 1, 1)
                .node("MaxPool x -> p")
                .node("Concat x p -> c")
                .node("Conv c w -> a")
                .node("Sigmoid a -> s")
                .node("Sigmoid x -> t")
                .node("Concat s t -> d")
                .node("Relu d -> y")
                .outputs("y"));

        assertThat(((Decision.SameAs) plan.decision("c")).leader()).isEqualTo("x");
        assertThat(((Decision.SameAs) plan.decision("d")).leader()).isEqualTo("s");
        assertThat(plan.decision("t")).isInstanceOf(Decision.Fixed.class);
    }

    @Test
    void shapeArithmeticIsNeverPlanned() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 1, 4, 4)
                .weight("w", 1, 1, 1, 1)
                .constant("zero", TensorData.ofLongs(new long[] {0}, 1))
                .constant("minus", TensorData.ofLongs(new long[] {-1}, 1))
                .node("Conv x w -> c")
                .node("Shape c -> s")
                .node("Gather s zero -> n")
                .node("Concat n minus -> t")
                .node("Mul t t -> u")
                .node("Reshape c t -> y")
                .outputs("y"));

        assertThat(plan.tensors()).containsOnlyKeys("x", "w", "c", "y");
    }

    @Test
    void valuesBornInFloatAreNotSqueezedOnTheirWayToFloat() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 8)
                .weight("w", 8, 8)
                .weight("eps", 1)
                .node("MatMul x w -> m")
                .node("Mul m m -> sq")
                .node("ReduceMean sq -> v", Map.of("axes", Attribute.ofInts(-1)))
                .node("Add v eps -> e")
                .node("Sqrt e -> rt")
                .node("Div m rt -> n")
                .node("MatMul n w -> y")
                .outputs("y"));

        assertThat(plan.quantized()).containsExactly("x", "w", "m", "n", "y");
        assertKeptFloat(plan, "sq", "all its readers compute in floating point");
        assertKeptFloat(plan, "e", "its input 'v' is computed in floating point");
        assertThat(plan.decision("m").rule()).contains("though its readers are not");
    }

    @Test
    void masksStayInFloatAndSoDoesWhatTheyMask() {
        Plan plan = resolve(new NetBuilder()
                .input("q", 4, 4)
                .input("k", 4, 4)
                .constant("mask", TensorData.ofFloats(new float[] {0, -1e9f, 0, 0}, 4))
                .node("MatMul q k -> scores")
                .node("Add scores mask -> masked")
                .node("Softmax masked -> p")
                .node("MatMul p k -> y")
                .outputs("y"));

        assertKeptFloat(plan, "mask", "a mask rather than data");
        assertKeptFloat(plan, "masked", "a mask rather than data");
        assertThat(plan.decision("p")).isInstanceOf(Decision.Fixed.class);
        assertThat(spec(plan, "k")).isEqualTo(activation(8, Scheme.ASYMMETRIC));
    }

    @Test
    void aBiasAddedAfterMatMulLiesOnItsAccumulator() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 8)
                .weight("w", 8, 4)
                .weight("b", 4)
                .node("MatMul x w -> m")
                .node("Add b m -> a")
                .node("Relu a -> y")
                .outputs("y"));

        assertThat(plan.decision("b"))
                .isEqualTo(new Decision.AccumulatorBias(
                        "x", "w", plan.decision("b").rule()));
        assertThat(plan.quantized()).containsExactly("x", "w", "b", "y");
        assertThat(spec(plan, "w").granularity()).isEqualTo(new Granularity.PerChannel(1));
    }

    @Test
    void aSelfGateIsOneFunction() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 1, 4, 4)
                .weight("w", 1, 1, 1, 1)
                .node("Conv x w -> c")
                .node("Sigmoid c -> s")
                .node("Mul c s -> y")
                .outputs("y"));

        assertThat(plan.quantized()).containsExactly("x", "w", "c", "y");
        assertKeptFloat(plan, "s", "inside the fused Sigmoid 's' + Mul 'y'");
    }

    @Test
    void sharedWeightsAndBiasesGetWhatAllTheirUsersCanTake() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 4, 4)
                .weight("w", 4, 4)
                .weight("b", 4)
                .weight("scalar", 1)
                .node("Gemm x w b -> g", Map.of("transB", Attribute.of(1)))
                .node("MatMul g w -> m")
                .node("Gemm m w b -> h")
                .node("Gemm h w scalar -> y")
                .outputs("y"));

        assertThat(spec(plan, "w").granularity()).isEqualTo(new Granularity.PerTensor());
        assertKeptFloat(plan, "b", "read several times");
        assertThat(plan.decision("scalar")).isInstanceOf(Decision.AccumulatorBias.class);
    }

    @Test
    void aBiasWithoutOneValuePerChannelStaysFloat() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 4, 4)
                .weight("w", 4, 4)
                .weight("scalar", 1)
                .node("Gemm x w scalar -> y")
                .outputs("y"));

        assertKeptFloat(plan, "scalar", "expected one value for each of 4 channels");
    }

    @Test
    void constantOperandsLieOnExactActivationGrids() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 4)
                .constant("three", TensorData.ofFloats(new float[] {3}))
                .constant("six", TensorData.ofFloats(new float[] {6}))
                .constant("zero", TensorData.ofFloats(new float[] {0}))
                .node("Add x three -> a")
                .node("Clip a zero six -> c")
                .node("Mul x c -> m")
                .node("Div m six -> y")
                .outputs("y"));

        Decision.Calibrated three = (Decision.Calibrated) plan.decision("three");
        assertThat(three.method()).isEqualTo("minmax");
        assertThat(three.spec()).isEqualTo(activation(8, Scheme.ASYMMETRIC));
        assertThat(plan.quantized()).containsExactly("x", "three", "six", "c", "m", "y");
        assertKeptFloat(plan, "zero", "parameter of Clip 'c'");
    }

    @Test
    void gridsAreLaidBeforeDataMovement() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 4, 4, 1)
                .weight("w", 1, 1, 1, 1)
                .node("Transpose x -> t")
                .node("Conv t w -> y")
                .outputs("y"));

        assertThat(plan.decision("x")).isInstanceOf(Decision.Calibrated.class);
        assertThat(((Decision.SameAs) plan.decision("t")).leader()).isEqualTo("x");
    }

    @Test
    void operatorsWithoutIntegerFormSayWhy() {
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 1, 4)
                .weight("w", 1, 16, 4)
                .weight("r", 1, 16, 4)
                .node("LSTM x w r -> y")
                .node("Mystery x -> z")
                .outputs("y", "z"));

        assertThat(plan.quantized()).isEmpty();
        assertKeptFloat(plan, "y", "recurrent cells have no integer form yet");
        assertKeptFloat(plan, "z", "target generic-int8 has no integer form of Mystery");
    }

    @Test
    void otherFloatTypesStayAsTheyAre() {
        TensorData half = TensorData.ofBytes(DataType.FLOAT16, MemorySegment.ofArray(new byte[2]), 1, 1, 1, 1);
        Plan plan = resolve(new NetBuilder()
                .input("x", 1, 1, 4, 4)
                .constant("w", half)
                .node("Conv x w -> y")
                .outputs("y"));

        assertKeptFloat(plan, "w", "holds float16");
        assertKeptFloat(plan, "y", "its input 'w' holds float16");
    }

    @Test
    void whatTheModelOrTheTargetDoesNotHaveIsRefusedAllAtOnce() {
        assertThatThrownBy(() -> resolve(
                        convNet(),
                        Rule.of(Selector.ofNames("cc"), new Setting.KeepFloat(true)),
                        Rule.of(Selector.ofRegex("^layer"), new Setting.KeepFloat(true)),
                        Rule.of(Selector.ofOperators("Cnov"), new Setting.WeightBits(4)),
                        Rule.of(Selector.ofNames("x"), new Setting.ActivationBits(2))))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "recipe rules[0]: names: no tensor or node of the model is named 'cc'; "
                                                + "did you mean 'c'?",
                                        "recipe rules[1]: regex: '^layer' is in no name of a tensor or node of the model",
                                        "recipe rules[2]: op-types: neither model nor target knows 'Cnov'; "
                                                + "did you mean 'Conv'?",
                                        "recipe rules[3]: found activation-bits: 2, but target generic-int8 takes 4 to 16 "
                                                + "bits there"));
    }

    private static Model convNet() {
        return new NetBuilder()
                .input("x", 1, 3, 8, 8)
                .weight("w", 4, 3, 3, 3)
                .weight("b", 4)
                .weight("v", 10, 64)
                .weight("d", 10)
                .node("Conv x w b -> c")
                .node("Relu c -> r")
                .node("MaxPool r -> p")
                .node("Flatten p -> f")
                .node("Gemm f v d -> g", Map.of("transB", Attribute.of(1)))
                .node("Softmax g -> y")
                .outputs("y");
    }

    private Plan resolve(Model model, Rule... rules) {
        Recipe recipe = defaults;
        for (Rule rule : rules) {
            recipe = recipe.with(rule);
        }
        return PlanResolver.resolve(recipe, model, target);
    }

    private static QuantSpec spec(Plan plan, String tensor) {
        assertThat(plan.decision(tensor)).as(tensor).isInstanceOf(Decision.Calibrated.class);
        return ((Decision.Calibrated) plan.decision(tensor)).spec();
    }

    private static QuantSpec activation(int bits, Scheme scheme) {
        return QuantSpec.perTensor(new IntegerFormat(bits, false), scheme);
    }

    private static void assertKeptFloat(Plan plan, String tensor, String because) {
        assertThat(plan.decision(tensor)).as(tensor).isInstanceOf(Decision.KeepFloat.class);
        assertThat(plan.decision(tensor).rule()).contains(because);
    }
}
