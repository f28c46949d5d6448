package ai.vernier.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.observe.StatisticKind;
import ai.vernier.observe.Statistics;
import ai.vernier.observe.TensorStatistics;
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
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.Quantizer;
import ai.vernier.quant.Scheme;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// A convolution of x by w with bias b gives y; y reshaped is r; y and its sibling z concatenated are c.
class CalibratorTest {
    private static final QuantSpec ACTIVATION = QuantSpec.perTensor(IntegerFormat.UINT8, Scheme.ASYMMETRIC);
    private static final QuantSpec WEIGHT =
            new QuantSpec(IntegerFormat.INT8, new Granularity.PerChannel(0), Scheme.SYMMETRIC_RESTRICTED);
    private static final TensorData TWO_CHANNELS =
            floats(1.27f, -0.5f, 0.1f, 0.254f).reshaped(2, 2, 1, 1);

    private final Map<String, Decision> decisions = new LinkedHashMap<>();
    private final Map<String, TensorData> initializers = new LinkedHashMap<>();
    private final Map<String, TensorStatistics> statistics = new LinkedHashMap<>();

    private static TensorData floats(float... values) {
        return TensorData.ofFloats(values, values.length);
    }

    private Model model() {
        Graph graph = new Graph(
                "test",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, 2, 4, 4))),
                List.of(Value.tensor("c", DataType.FLOAT, Shape.of(1, 4, 4, 4))),
                List.of(
                        Node.of("conv", "Conv", List.of("x", "w", "b"), List.of("y")),
                        Node.of("reshape", "Reshape", List.of("y", "shape"), List.of("r")),
                        Node.of("sigmoid", "Sigmoid", List.of("x"), List.of("z")),
                        Node.of("concat", "Concat", List.of("y", "z"), List.of("c"))),
                initializers,
                List.of(),
                Details.NONE);
        return Model.of(graph, 21);
    }

    private QuantizedModel calibrate() {
        return new Calibrator().calibrate(model(), new Plan(decisions), new Statistics(1, statistics));
    }

    private void plan(String tensor, QuantSpec spec, String method) {
        decisions.put(tensor, new Decision.Calibrated(spec, method, "test"));
    }

    private void follow(String tensor, String leader) {
        decisions.put(tensor, new Decision.SameAs(leader, "test"));
    }

    private void planBias(float... bias) {
        plan("x", ACTIVATION, "minmax");
        plan("w", WEIGHT, "minmax");
        decisions.put("b", new Decision.AccumulatorBias("x", "w", "test"));
        statistics.put("x", TensorStatistics.of(0, 2.55f));
        initializers.put("w", TWO_CHANNELS);
        initializers.put("b", floats(bias));
    }

    @Test
    void activationsComeFromStatisticsWeightsFromTheirValues() {
        plan("x", ACTIVATION, "minmax");
        plan("w", WEIGHT, "minmax");
        statistics.put("x", TensorStatistics.of(-0.55f, 2));
        initializers.put("w", TWO_CHANNELS);
        QuantizedModel quantized = calibrate();
        assertThat(quantized.encodings()).containsOnlyKeys("x", "w");
        assertThat(quantized.encoding("x")).isEqualTo(Encoding.perTensor(IntegerFormat.UINT8, 0.01f, 55));
        assertThat(quantized.encoding("w").scales()).containsExactly(0.01f, 0.002f);
        assertThat(quantized.notes()).isEmpty();
    }

    @Test
    void channelsAlongAnyAxisAreGathered() {
        plan("w", new QuantSpec(IntegerFormat.INT8, new Granularity.PerChannel(1), Scheme.SYMMETRIC), "mse");
        initializers.put("w", floats(0, 127, 0, -127, 0, 64).reshaped(3, 2));
        Encoding encoding = calibrate().encoding("w");
        assertThat(encoding.scale(1)).isEqualTo(1f);
        assertThat(encoding.scale(0)).isLessThan(1e-5f);
    }

    @Test
    void fixedRangesNeedNoStatistics() {
        decisions.put("z", new Decision.Fixed(ACTIVATION, 0, 1, "sigmoid"));
        assertThat(CalibrationNeeds.of(model(), new Plan(decisions)).isEmpty()).isTrue();
        Encoding expected = Encoding.perTensor(IntegerFormat.UINT8, (float) (1 / 255.0), 0);
        assertThat(calibrate().encoding("z")).isEqualTo(expected);
    }

    @Test
    void followersThatMoveDataAreNotMeasured() {
        plan("y", ACTIVATION, "mse");
        follow("r", "y");
        assertThat(CalibrationNeeds.of(model(), new Plan(decisions)).tensors())
                .containsExactly(Map.entry("y", Set.of(StatisticKind.HISTOGRAM)));
        statistics.put("y", TensorStatistics.of(0, 1));
        assertThat(calibrate().encoding("r")).isEqualTo(calibrate().encoding("y"));
    }

    @Test
    void concatenatedTensorsShareAGridThatCoversAllWhicheverLeads() {
        statistics.put("y", TensorStatistics.of(-1, 0.5f));
        statistics.put("z", TensorStatistics.of(0, 1.55f));
        for (String leader : List.of("c", "y", "z")) {
            decisions.clear();
            List.of("y", "z", "c", "r").forEach(tensor -> follow(tensor, leader));
            plan(leader, ACTIVATION, "minmax");
            assertThat(CalibrationNeeds.of(model(), new Plan(decisions)).tensors())
                    .containsOnlyKeys("y", "z");
            Map<String, Encoding> encodings = calibrate().encodings();
            assertThat(encodings.keySet()).containsExactly("y", "z", "c", "r");
            assertThat(encodings.values()).containsOnly(Encoding.perTensor(IntegerFormat.UINT8, 0.01f, 100));
        }
    }

    @Test
    void aConcatenationWithAnotherTensorIsMeasuredItself() {
        follow("y", "c");
        plan("c", ACTIVATION, "minmax");
        assertThat(CalibrationNeeds.of(model(), new Plan(decisions)).tensors()).containsOnlyKeys("y", "c");
    }

    @Test
    void aMemberThatIsComputedFromOthersIsMeasuredAll() {
        follow("y", "x");
        follow("z", "x");
        plan("x", ACTIVATION, "minmax");
        assertThat(CalibrationNeeds.of(model(), new Plan(decisions)).tensors()).containsOnlyKeys("x", "y", "z");
    }

    @Test
    void chainsOfFollowersEndAtTheLeader() {
        follow("r", "y");
        follow("y", "c");
        plan("c", ACTIVATION, "minmax");
        statistics.put("y", TensorStatistics.of(0, 2.55f));
        statistics.put("c", TensorStatistics.of(0, 1));
        assertThat(calibrate().encoding("r").scale(0)).isEqualTo(0.01f);
        follow("c", "r");
        assertThatThrownBy(this::calibrate).hasMessageContaining("circle");
    }

    @Test
    void aFollowerOfAFloatTensorStaysInFloat() {
        decisions.put("y", new Decision.KeepFloat("excluded"));
        follow("r", "y");
        assertThat(calibrate().encodings()).isEmpty();
    }

    @Test
    void aBiasLiesOnTheGridOfItsAccumulator() {
        planBias(0.5f, -0.25f);
        Encoding bias = calibrate().encoding("b");
        assertThat(bias.format()).isEqualTo(IntegerFormat.INT32);
        assertThat(bias.granularity()).isEqualTo(new Granularity.PerChannel(0));
        assertThat(bias.scales()).containsExactly(0.01f * 0.01f, 0.01f * 0.002f);
        assertThat(bias.zeroPoints()).containsOnly(0);
        assertThat(Quantizer.ONNX.quantize(floats(0.5f, -0.25f), bias).toLongs())
                .containsExactly(5000, -12500);
    }

    @Test
    void aWeightScaleRisesWhereItsBiasExceedsThirtyTwoBits() {
        planBias(0.5f, -1000);
        initializers.put("w", floats(1.27f, -0.5f, 1e-9f, 0).reshaped(2, 2, 1, 1));
        QuantizedModel quantized = calibrate();
        double least = 1000 / (0.01 * 0x1p31);
        assertThat(quantized.encoding("w").scale(0)).isEqualTo(0.01f);
        assertThat((double) quantized.encoding("w").scale(1)).isBetween(least, 1.000001 * least);
        long[] codes = Quantizer.ONNX
                .quantize(floats(0.5f, -1000), quantized.encoding("b"))
                .toLongs();
        assertThat(codes[1]).isBetween(-(1L << 31), -(1L << 31) + 1000);
        assertThat(quantized.notes()).singleElement().asString().contains("'w'", "1 of 2 scales", "'b'");
    }

    @Test
    void aPerTensorWeightGivesAPerTensorBias() {
        planBias(0.5f, -0.25f);
        plan("w", QuantSpec.perTensor(IntegerFormat.INT8, Scheme.SYMMETRIC_RESTRICTED), "minmax");
        assertThat(calibrate().encoding("b")).isEqualTo(Encoding.perTensor(IntegerFormat.INT32, 0.01f * 0.01f, 0));
    }

    @Test
    void aBiasWithoutGridsToLieOnStaysInFloatAndSaysSo() {
        planBias(0.5f);
        assertThat(calibrate().notes()).singleElement().asString().contains("2 channels of 'w'");
        decisions.remove("x");
        assertThat(calibrate().notes()).singleElement().asString().contains("'x' has no grid");
        assertThat(calibrate().isQuantized("b")).isFalse();
    }

    @Test
    void aTensorNeverSeenGetsAGridAndANote() {
        plan("y", ACTIVATION, "mse");
        QuantizedModel quantized = calibrate();
        assertThat(quantized.isQuantized("y")).isTrue();
        assertThat(quantized.notes()).singleElement().asString().contains("'y'");
    }

    @Test
    void unusableWeightsAreAllNamed() {
        plan("w", WEIGHT, "minmax");
        plan("b", ACTIVATION, "minmax");
        initializers.put("w", floats(0, Float.NaN).reshaped(2, 1));
        initializers.put("b", floats(Float.POSITIVE_INFINITY));
        assertThatThrownBy(this::calibrate)
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems()).hasSize(2))
                .hasMessageContaining("'w'")
                .hasMessageContaining("element 1 is NaN")
                .hasMessageContaining("'b'");
        initializers.put("w", TensorData.ofDoubles(new double[] {0, 1}, 2, 1));
        assertThatThrownBy(this::calibrate)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("double[2,1]");
    }

    @Test
    void allUnknownMethodsAreNamedBeforeAnythingIsMeasured() {
        plan("x", ACTIVATION, "kld");
        plan("w", WEIGHT, "aciq");
        assertThatThrownBy(() -> CalibrationNeeds.of(model(), new Plan(decisions)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("kld")
                .hasMessageContaining("aciq");
    }
}
