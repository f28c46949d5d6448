package ai.vernier.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Worked numbers of the QNN page (its examples numbered as they occur there), of AIMET's tests, of the
/// lab and the tutorial. QNN's example 16 is an illustration without data, 17 and 18 are configuration
/// files: nothing to compute. Its examples 6 to 8 are in [QuantizerTest] and [CodePackingTest].
class RangeToEncodingTest {
    private static final QuantSpec UINT8 = QuantSpec.perTensor(IntegerFormat.UINT8, Scheme.ASYMMETRIC);
    private static final QuantSpec INT8 = QuantSpec.perTensor(IntegerFormat.INT8, Scheme.SYMMETRIC);
    private static final RangeToEncoding QNN = new RangeToEncoding(MinimumRange.qnn(), SymmetricStep.EACH_SIDE);
    private static final RangeToEncoding AIMET = new RangeToEncoding(MinimumRange.aimet(), SymmetricStep.ABS_MAX);

    @ParameterizedTest(name = "QNN {0}: [{1}, {2}] becomes [{3}, {4}] with zero at code {5}")
    @CsvSource({
        "1,  0, 0,  0, 0.0001, 0",
        "2,  5, 10,  0, 10,  0",
        "3, -20, -6,  -20, 0,  255",
        "4, -5.1, 5.1,  -5.12, 5.08,  128",
        "5, -1.8, 0.5,  -1.803922, 0.496078,  200",
    })
    void asymmetricRangesAsOnTheQnnPage(
            int row, double min, double max, double gridMin, double gridMax, long zeroPoint) {
        Encoding encoding = QNN.encoding(UINT8, new RealRange(min, max));
        assertThat(encoding.zeroPoint(0)).as("example %d", row).isEqualTo(zeroPoint);
        assertThat(encoding.min(0)).isCloseTo(gridMin, within(1e-6));
        assertThat(encoding.max(0)).isCloseTo(gridMax, within(1e-6));
    }

    /// The offsets 127 and 140 printed for examples 10 and 11 are truncated; 128 and 141 follow from the
    /// ranges.
    @ParameterizedTest(name = "QNN {0}")
    @CsvSource({
        " 9,  0.0, 12.82344407824954,  0.050288015993135454,  0",
        "10, -1.0039304197656937, 0.9960872825108046,  0.007843206675594112,  128",
        "11, -2.1006477158567995, 1.700559472933134,  0.01490669485799974,  141",
        "12, -2.059169834735364, 3.0387749017453665,  0.019991940143061618,  103",
    })
    void overridesAsOnTheQnnPage(int row, double min, double max, double scale, long zeroPoint) {
        Encoding encoding = QNN.encoding(UINT8, new RealRange(min, max));
        assertThat(encoding.scale(0)).as("example %d", row).isEqualTo((float) scale);
        assertThat(encoding.zeroPoint(0)).isEqualTo(zeroPoint);
    }

    @Test
    void perChannelOverridesAsOnTheQnnPage() {
        QuantSpec perChannel = new QuantSpec(IntegerFormat.INT8, new Granularity.PerChannel(0), Scheme.SYMMETRIC);
        Encoding encoding = QNN.encoding(
                perChannel,
                List.of(
                        new RealRange(-0.7066381259227362, 0.7011175155639648),
                        new RealRange(-0.5269230519692729, 0.5228064656257629),
                        new RealRange(-0.7426297045129491, 0.7368279099464417)));
        assertThat(encoding.scales())
                .as("examples 13, 14, 15")
                .containsExactly(
                        (float) 0.005520610358771377, (float) 0.004116586343509945, (float) 0.005801794566507415);
        assertThat(encoding.zeroPoints()).containsOnly(0);
    }

    @ParameterizedTest(name = "AIMET [{0}, {1}]")
    @CsvSource({
        "-40, 80,  0.470588, 85,  -40, 80",
        "10, 10,  0.0392157, 0,  0, 10",
        "0, 0,  0.0000392157, 0,  0, 0.01",
        "1000, 1200,  4.70588, 0,  0, 1200",
        "-8, -5,  0.0313725, 255,  -8, 0",
        "-50, 80,  0.509804, 98,  -49.9608, 80.0392",
        "-1, 1,  0.00784314, 128,  -1.00392, 0.996078",
    })
    void asymmetricRangesAsInAimetsTests(
            double min, double max, double scale, long zeroPoint, double gridMin, double gridMax) {
        Encoding encoding = AIMET.encoding(UINT8, new RealRange(min, max));
        assertThat((double) encoding.scale(0)).isCloseTo(scale, within(scale * 1e-5));
        assertThat(encoding.zeroPoint(0)).isEqualTo(zeroPoint);
        assertThat(encoding.min(0)).isCloseTo(gridMin, within(1e-4 * Math.max(1, Math.abs(gridMin))));
        assertThat(encoding.max(0)).isCloseTo(gridMax, within(1e-4 * Math.max(1, gridMax)));
    }

    @ParameterizedTest(name = "{0}: scale {1}, range [{2}, {3}]")
    @CsvSource({
        "ABS_MAX, 0.015748031, -2.015748, 2.0",
        "EACH_SIDE, 0.015625, -2.0, 1.984375",
        "HALF_OF_ALL_STEPS, 0.015686275, -2.0078431, 1.9921569",
    })
    void symmetricStepsOverMinusTwoToOne(SymmetricStep step, float scale, double min, double max) {
        RangeToEncoding rule = new RangeToEncoding(MinimumRange.relative(), step);
        Encoding encoding = rule.encoding(INT8, new RealRange(-2, 1));
        assertThat(encoding.scale(0)).isEqualTo(scale);
        assertThat(encoding.min(0)).isCloseTo(min, within(1e-6));
        assertThat(encoding.max(0)).isCloseTo(max, within(1e-6));
    }

    @Test
    void theRestrictedSchemeLeavesOutTheLowestCode() {
        QuantSpec restricted = QuantSpec.perTensor(IntegerFormat.INT8, Scheme.SYMMETRIC_RESTRICTED);
        Encoding encoding = RangeToEncoding.DEFAULT.encoding(restricted, new RealRange(-2, 1));
        assertThat(encoding.minCode()).isEqualTo(-127);
        assertThat(encoding.scale(0)).isEqualTo((float) (2 / 127.0));
        assertThat(encoding.min(0)).isEqualTo(-encoding.max(0));
    }

    @Test
    void symmetricOnUnsignedCodesPutsZeroInTheMiddle() {
        QuantSpec spec = QuantSpec.perTensor(IntegerFormat.UINT8, Scheme.SYMMETRIC);
        Encoding encoding = RangeToEncoding.DEFAULT.encoding(spec, new RealRange(-2, 1));
        assertThat(encoding.zeroPoint(0)).isEqualTo(128);
        assertThat(encoding.scale(0)).isEqualTo(0.015625f);
        assertThat(encoding.isSymmetric()).isTrue();
    }

    @Test
    void unsignedSymmetricUsesAllCodesForNonNegativeDataOnly() {
        QuantSpec spec = QuantSpec.perTensor(IntegerFormat.UINT8, Scheme.UNSIGNED_SYMMETRIC);
        Encoding nonNegative = RangeToEncoding.DEFAULT.encoding(spec, new RealRange(0.5, 2.55));
        assertThat(nonNegative.scale(0)).isEqualTo(0.01f);
        assertThat(nonNegative.zeroPoint(0)).isZero();
        Encoding signed = RangeToEncoding.DEFAULT.encoding(spec, new RealRange(-1, 1.27));
        assertThat(signed.scale(0)).isEqualTo(0.01f);
        assertThat(signed.zeroPoint(0)).isEqualTo(128);
    }

    /// The lab: scale = (r_max − r_min) / (q_max − q_min), Z = round(q_min − r_min / scale), on signed
    /// codes.
    @Test
    void theLabsFormulas() {
        QuantSpec spec = QuantSpec.perTensor(IntegerFormat.INT8, Scheme.ASYMMETRIC);
        Encoding encoding = RangeToEncoding.DEFAULT.encoding(spec, new RealRange(-6.4220, 4.9783));
        double scale = (4.9783 + 6.4220) / (127 + 128);
        assertThat(encoding.scale(0)).isEqualTo((float) scale);
        assertThat(encoding.zeroPoint(0)).isEqualTo((long) Math.rint(-128 + 6.4220 / scale));
    }

    /// The tutorial's scale is our reciprocal, its zero point our negative: s = (2^n − 1) / (max − min),
    /// zp = round(min · s).
    @Test
    void theTutorialsAsymmetricScaleIsTheReciprocalAndItsZeroPointTheNegative() {
        Encoding encoding = RangeToEncoding.DEFAULT.encoding(UINT8, new RealRange(-1, 3));
        double tutorialScale = 255 / 4.0;
        assertThat(encoding.scale(0)).isEqualTo((float) (1 / tutorialScale));
        assertThat(encoding.zeroPoint(0)).isEqualTo(-(long) Math.rint(-1 * tutorialScale));
    }

    /// The tutorial: full range s = ((2^n − 1) / 2) / absMax, restricted range s = (2^(n−1) − 1) / absMax.
    @Test
    void theTutorialsSymmetricScales() {
        RangeToEncoding rule = new RangeToEncoding(MinimumRange.relative(), SymmetricStep.HALF_OF_ALL_STEPS);
        QuantSpec restricted = QuantSpec.perTensor(IntegerFormat.INT8, Scheme.SYMMETRIC_RESTRICTED);
        RealRange range = new RealRange(-0.7, 0.3);
        assertThat(rule.encoding(INT8, range).scale(0)).isEqualTo((float) (1 / (255 / 2.0 / 0.7)));
        assertThat(rule.encoding(restricted, range).scale(0)).isEqualTo((float) (1 / (127 / 0.7)));
    }

    @Test
    void aDeadChannelGetsAScaleRelativeToTheWidest() {
        QuantSpec perChannel = new QuantSpec(IntegerFormat.INT8, new Granularity.PerChannel(0), Scheme.SYMMETRIC);
        Encoding encoding =
                RangeToEncoding.DEFAULT.encoding(perChannel, List.of(new RealRange(0, 0), new RealRange(-127, 127)));
        assertThat(encoding.scales()).containsExactly((float) (254e-6 / 127), 1f);
    }

    @Test
    void anAllZeroTensorGetsTheUnitRange() {
        assertThat(RangeToEncoding.DEFAULT.encoding(UINT8, new RealRange(0, 0)).scale(0))
                .isEqualTo((float) (1 / 255.0));
    }

    @Test
    void aTinyRangeKeepsAllCodesAndAtLeastANormalScale() {
        Encoding tiny = RangeToEncoding.DEFAULT.encoding(UINT8, new RealRange(0, 2.55e-9));
        assertThat(tiny.scale(0)).isEqualTo(1e-11f);
        Encoding subnormal = RangeToEncoding.DEFAULT.encoding(UINT8, new RealRange(0, 1e-42));
        assertThat(subnormal.scale(0)).isEqualTo(Float.MIN_NORMAL);
    }

    @ParameterizedTest
    @EnumSource(Scheme.class)
    void theWidestFloatRangeStillHasAFiniteScale(Scheme scheme) {
        QuantSpec spec = QuantSpec.perTensor(new IntegerFormat(2, true), scheme);
        Encoding encoding = RangeToEncoding.DEFAULT.encoding(spec, new RealRange(-Float.MAX_VALUE, Float.MAX_VALUE));
        assertThat(encoding.scale(0)).isFinite();
    }

    @Test
    void aPerTensorGridTakesOneRange() {
        RealRange range = new RealRange(0, 1);
        assertThatThrownBy(() -> QNN.encoding(UINT8, List.of(range, range))).hasMessageContaining("2 ranges");
        assertThatThrownBy(() -> new RealRange(0, Double.NaN)).hasMessageContaining("not a range");
    }
}
