package ai.vernier.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Worked numbers of the QNN page, of AIMET's tests and of the lab.
class QuantizerTest {
    private static final Quantizer HALF_UP = new Quantizer(Rounding.HALF_UP);
    private static final RangeToEncoding AIMET = new RangeToEncoding(MinimumRange.aimet(), SymmetricStep.ABS_MAX);
    private static final Scheme ASYMMETRIC = Scheme.ASYMMETRIC;

    private static Encoding uint8(double min, double max) {
        return AIMET.encoding(QuantSpec.perTensor(IntegerFormat.UINT8, ASYMMETRIC), new RealRange(min, max));
    }

    private static long[] codes(Quantizer quantizer, Encoding encoding, float... values) {
        return quantizer
                .quantize(TensorData.ofFloats(values, values.length), encoding)
                .toLongs();
    }

    private static float[] reals(Encoding encoding, long... codes) {
        TensorData tensor = TensorData.ofIntegers(Quantizer.storageType(encoding.format()), codes, codes.length);
        return Quantizer.ONNX.dequantize(tensor, encoding).toFloats();
    }

    /// Examples 5 and 6 of the QNN page; its −1.0011 is −1.001176 cut off.
    @Test
    void fourValuesOfTheQnnPage() {
        Encoding encoding = uint8(-1.8, 0.5);
        assertThat(codes(Quantizer.ONNX, encoding, -1.8f, -1.0f, 0, 0.5f)).containsExactly(0, 89, 200, 255);
        assertThat(reals(encoding, 0, 89, 200, 255))
                .containsExactly(new float[] {-1.8039f, -1.0011f, 0, 0.4961f}, within(1e-4f));
    }

    /// Examples 2 to 4 of the QNN page.
    @Test
    void zeroIsAlwaysACode() {
        assertThat(codes(Quantizer.ONNX, uint8(5, 10), 0)).containsExactly(0);
        assertThat(codes(Quantizer.ONNX, uint8(-20, -6), 0)).containsExactly(255);
        assertThat(codes(Quantizer.ONNX, uint8(-5.1, 5.1), 0)).containsExactly(128);
    }

    @Test
    void sevenValuesOfAimetsTests() {
        Encoding encoding = uint8(-50, 80);
        assertThat(codes(HALF_UP, encoding, -40, -1, 0, 1, 2, -50, 80)).containsExactly(20, 96, 98, 100, 102, 0, 255);
        assertThat(reals(encoding, 20, 96, 98, 100, 102, 0, 255))
                .containsExactly(
                        new float[] {-39.7647f, -1.01961f, 0, 1.01961f, 2.03922f, -49.9608f, 80.0392f}, within(1e-4f));
    }

    @Test
    void twoChannelsOfAimetsTests() {
        float[] values = {-40, -1, 0, 1, 2, -50, 80, 1, 30, 10, 25, 3, 2, -50, 70, 1};
        QuantSpec spec = new QuantSpec(IntegerFormat.UINT8, new Granularity.PerChannel(0), ASYMMETRIC);
        Encoding encoding = AIMET.encoding(spec, List.of(new RealRange(-50, 80), new RealRange(-50, 70)));
        TensorData codes = HALF_UP.quantize(TensorData.ofFloats(values, 2, 8), encoding);
        assertThat(codes.toLongs())
                .containsExactly(20, 96, 98, 100, 102, 0, 255, 100, 170, 127, 159, 112, 110, 0, 255, 108);
        assertThat(Quantizer.ONNX.dequantize(codes, encoding).toFloats())
                .endsWith(
                        new float[] {30.1176f, 9.88235f, 24.9412f, 2.82353f, 1.88235f, -49.8824f, 70.1176f, 0.941176f},
                        within(1e-4f));
    }

    /// AIMET's ramp −15, −14.5 … 14.5 along axis 1 of 1×4×5×3: channel 0 is −15 … −8 with scale 1/17,
    /// where every odd half is a tie. ONNX rounds x/scale before it adds the zero point 255.
    @Test
    void tiesOfAnAsymmetricRampShowTheRounding() {
        Encoding encoding = uint8(-15, -8);
        float[] ramp = ramp(-15);
        assertThat(codes(HALF_UP, encoding, ramp))
                .containsExactly(0, 9, 17, 26, 34, 43, 51, 60, 68, 77, 85, 94, 102, 111, 119);
        assertThat(codes(Quantizer.ONNX, encoding, ramp))
                .containsExactly(0, 9, 17, 25, 34, 43, 51, 59, 68, 77, 85, 93, 102, 111, 119);
    }

    @Test
    void symmetricRampOfAimetsTests() {
        QuantSpec spec = new QuantSpec(IntegerFormat.INT8, new Granularity.PerChannel(1), Scheme.SYMMETRIC);
        List<RealRange> ranges = List.of(
                new RealRange(-15, -8), new RealRange(-7.5, -0.5), new RealRange(0, 7), new RealRange(7.5, 14.5));
        float[] values = new float[60];
        for (int i = 0; i < values.length; i++) {
            values[i] = -15 + 0.5f * i;
        }
        long[] codes = HALF_UP.quantize(TensorData.ofFloats(values, 1, 4, 5, 3), AIMET.encoding(spec, ranges))
                .toLongs();
        assertThat(codes).startsWith(-127, -123, -119, -114, -110);
        assertThat(List.of(codes[30], codes[31], codes[32], codes[35], codes[44]))
                .containsExactly(0L, 9L, 18L, 45L, 127L);
    }

    private static float[] ramp(float first) {
        float[] ramp = new float[15];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = first + 0.5f * i;
        }
        return ramp;
    }

    /// The lab prints a network's float output, its quantized network's codes and their reals. The reals
    /// follow from the codes with scale 0.1001 and zero point −18; the codes are those of the float
    /// output but for the fourth, where the quantized network is one step off.
    @Test
    void tenValuesOfTheLab() {
        Encoding encoding = Encoding.perTensor(IntegerFormat.INT8, 0.1001f, -18);
        assertThat(reals(encoding, -4, -45, 11, -30, 21, -29, 24, -80, 32, -82))
                .containsExactly(
                        new float[] {
                            1.4014f, -2.7027f, 2.9029f, -1.2012f, 3.9039f, -1.1011f, 4.2042f, -6.2062f, 5.0050f,
                            -6.4064f
                        },
                        within(5e-5f));
        assertThat(codes(
                        Quantizer.ONNX,
                        encoding,
                        1.3742f,
                        -2.7129f,
                        2.9312f,
                        -1.1382f,
                        3.8776f,
                        -1.1048f,
                        4.1834f,
                        -6.2159f,
                        4.9783f,
                        -6.4220f))
                .containsExactly(-4, -45, 11, -29, 21, -29, 24, -80, 32, -82);
    }

    @Test
    void anInt32BiasOnTheGridOfItsAccumulator() {
        Encoding encoding = Encoding.perTensor(IntegerFormat.INT32, 0.02f * 0.005f, 0);
        assertThat(codes(Quantizer.ONNX, encoding, 0.1234f)).containsExactly(1234);
    }

    @Test
    void valuesBeyondTheRangeSaturateInfinitiesToo() {
        Encoding encoding = Encoding.perTensor(IntegerFormat.INT8, 0.5f, 3);
        assertThat(codes(Quantizer.ONNX, encoding, 1e30f, -1e30f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY))
                .containsExactly(127, -128, 127, -128);
        Encoding bias = Encoding.perTensor(IntegerFormat.INT32, 1e-38f, 0);
        assertThat(codes(Quantizer.ONNX, bias, Float.MAX_VALUE, -1))
                .containsExactly(Integer.MAX_VALUE, Integer.MIN_VALUE);
    }

    @Test
    void aRestrictedGridSaturatesAtItsOwnLowestCode() {
        QuantSpec spec = QuantSpec.perTensor(IntegerFormat.INT8, Scheme.SYMMETRIC_RESTRICTED);
        Encoding encoding = RangeToEncoding.DEFAULT.encoding(spec, new RealRange(-1, 1));
        assertThat(codes(Quantizer.ONNX, encoding, -5)).containsExactly(-127);
    }

    @Test
    void nanHasNoCode() {
        Encoding encoding = Encoding.perTensor(IntegerFormat.INT8, 0.5f, 3);
        assertThatThrownBy(() -> codes(Quantizer.ONNX, encoding, Float.NaN)).hasMessageContaining("NaN");
    }

    @Test
    void granulesOfTensorAndEncodingMustAgree() {
        Encoding.Grid grid =
                Encoding.Grid.of(new QuantSpec(IntegerFormat.INT8, new Granularity.PerChannel(0), Scheme.SYMMETRIC));
        Encoding two = grid.with(new float[] {1, 1}, new long[] {0, 0});
        TensorData three = TensorData.ofFloats(new float[3], 3);
        assertThatThrownBy(() -> Quantizer.ONNX.quantize(three, two)).hasMessageContaining("3 granules");
    }

    @Test
    void codesAreStoredInTheNarrowestTypeThatHoldsThem() {
        assertThat(Quantizer.storageType(new IntegerFormat(3, true))).isEqualTo(DataType.INT4);
        assertThat(Quantizer.storageType(new IntegerFormat(5, false))).isEqualTo(DataType.UINT8);
        assertThat(Quantizer.storageType(IntegerFormat.UINT16)).isEqualTo(DataType.UINT16);
        Encoding encoding = Encoding.perTensor(IntegerFormat.INT4, 1, 0);
        TensorData packed = Quantizer.ONNX.quantize(TensorData.ofFloats(new float[] {-8, 7, 3}, 3), encoding);
        assertThat(packed.dataType()).isEqualTo(DataType.INT4);
        assertThat(packed.sizeBytes()).isEqualTo(2);
        assertThat(packed.toLongs()).containsExactly(-8, 7, 3);
    }
}
