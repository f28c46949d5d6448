package ai.vernier.engine.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Small examples worked by hand: what ONNX Runtime has no kernel for or does another way than the specification says,
/// and what random examination once found wrong here.
class WorkedOperatorsTest {
    /// Output `y` of one node over inputs x0, x1 ….
    private static TensorData run(int opset, String node, TensorData... inputs) {
        return outputs(opset, List.of("y"), node, inputs).get(0);
    }

    private static List<TensorData> outputs(int opset, List<String> names, String node, TensorData... inputs) {
        StringBuilder signature = new StringBuilder();
        Map<String, TensorData> fed = new LinkedHashMap<>();
        for (int i = 0; i < inputs.length; i++) {
            String dims = Arrays.toString(inputs[i].dims());
            signature.append("%s%s%s x%d"
                    .formatted(i == 0 ? "" : ", ", inputs[i].dataType().text(), dims, i));
            fed.put("x" + i, inputs[i]);
        }
        Model model = OnnxText.parse("""
                <ir_version: 10, opset_import: ["" : %d]>
                g (%s) => (%s) { %s }""".formatted(opset, signature, String.join(", ", names), node));
        try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1))) {
            assertThat(executor.fallbackOperators()).isEmpty();
            Map<String, TensorData> results = executor.run(fed);
            assertThat(executor.run(fed)).as("once more").isEqualTo(results);
            return names.stream()
                    .map(name -> Objects.requireNonNull(results.get(name)))
                    .toList();
        }
    }

    private static TensorData floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return TensorData.ofFloats(floats, floats.length);
    }

    private static TensorData longs(long... values) {
        return TensorData.ofLongs(values, values.length);
    }

    @Test
    void whatIsNoNumberHasNoSign() {
        assertThat(run(13, "y = Sign (x0)", floats(-2, 0, 3, Double.NaN)).toFloats())
                .containsExactly(-1, 0, 1, Float.NaN);
    }

    @Test
    void largeUnsignedNumbersArePositive() {
        TensorData x = TensorData.ofIntegers(DataType.UINT64, new long[] {-5, 0, 7}, 3);
        assertThat(run(13, "y = Sign (x0)", x).toLongs()).containsExactly(1, 0, 1);
        assertThat(run(13, "y = Abs (x0)", x).toLongs()).containsExactly(-5, 0, 7);
    }

    @Test
    void clipWithOneBoundTakesHalfFloats() {
        ValueLayout.OfShort half = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        TensorData one = run(13, "y = Cast <to = 10> (x0)", floats(-1, 1, 2));
        TensorData y = run(7, "y = Clip <max = 1.5> (x0)", one);
        assertThat(Float.float16ToFloat(y.bytes().getAtIndex(half, 2))).isEqualTo(1.5f);
        assertThat(run(7, "y = Clip (x0)", one)).isEqualTo(one);
    }

    @Test
    void emptyTensorsKeepTheirOtherExtents() {
        TensorData none = TensorData.ofFloats(new float[0], 5, 0, 2, 3);
        assertThat(run(13, "y = Flatten <axis = 2> (x0)", none).dims()).containsExactly(0, 6);
        assertThat(run(13, "y = Hardmax <axis = 1> (x0)", none).dims()).containsExactly(5, 0, 2, 3);
        assertThat(run(11, "y = ReduceProd <axes = [1, 0], keepdims = 0> (x0)", none)
                        .toFloats())
                .containsExactly(1, 1, 1, 1, 1, 1);
        assertThat(run(13, "y = ReduceSum <noop_with_empty_axes = 1> (x0)", none)
                        .dims())
                .containsExactly(5, 0, 2, 3);
    }

    /// "Starts are clamped into [0, dims − 1] for negative stepping": unlike NumPy's.
    @Test
    void aSliceBackwardsFromBeforeTheBeginningHasTheFirstElement() {
        TensorData x = floats(1, 2, 3);
        TensorData y = run(13, "y = Slice (x0, x1, x2, x3, x4)", x, longs(-9), longs(-9), longs(0), longs(-1));
        assertThat(y.toFloats()).containsExactly(1);
        TensorData none =
                run(13, "y = Slice (x0, x1, x2, x3, x4)", floats(), longs(-9), longs(-9), longs(0), longs(-1));
        assertThat(none.dims()).containsExactly(0);
    }

    @Test
    void statisticsOfDoublesAreFloats() {
        TensorData x = TensorData.ofDoubles(new double[] {1, 3}, 1, 2);
        TensorData ones = TensorData.ofDoubles(new double[] {1, 1}, 2);
        List<TensorData> y = outputs(17, List.of("y", "m", "s"), "y, m, s = LayerNormalization (x0, x1)", x, ones);
        assertThat(y.get(0).dataType()).isEqualTo(DataType.DOUBLE);
        assertThat(y.get(1).toFloats()).containsExactly(2);
        assertThat(y.get(2).dataType()).isEqualTo(DataType.FLOAT);
    }

    @Test
    void theFirstResizeTakesTheNextPixelWhereItShrinks() {
        TensorData x = TensorData.ofFloats(new float[] {1, 2, 3, 4}, 1, 1, 1, 4);
        assertThat(run(10, "y = Resize (x0, x1)", x, floats(1, 1, 1, 0.6)).toFloats())
                .containsExactly(1, 3);
        assertThat(run(10, "y = Resize (x0, x1)", x, floats(1, 1, 1, 1.5)).toFloats())
                .containsExactly(1, 1, 2, 3, 3, 4);
    }

    /// 3 · 2.3 = 6.9 gives 6 pixels, twice as many, and still no pixel twice: ⌊i / 2.3⌋.
    @Test
    void aScaleThatIsNoWholeFactorRepeatsUnevenly() {
        TensorData x = TensorData.ofFloats(new float[] {1, 2, 3}, 1, 1, 1, 3);
        String node =
                "y = Resize <coordinate_transformation_mode = \"asymmetric\", nearest_mode = \"floor\"> (x0, \"\", x1)";
        assertThat(run(13, node, x, floats(1, 1, 1, 2.3)).toFloats()).containsExactly(1, 1, 1, 2, 2, 3);
    }

    @Test
    void nearestPixelsAreFoundInFloat() {
        TensorData x = TensorData.ofFloats(new float[] {1, 2, 3, 4, 5}, 1, 1, 1, 5);
        String node = "y = Resize <nearest_mode = \"floor\"> (x0, \"\", x1)";
        assertThat(run(19, node, x, floats(1, 1, 1, 0.6)).toFloats()).containsExactly(1, 3, 4);
    }

    @Test
    void productsOfIntegersTakeFactors() {
        TensorData a = TensorData.ofIntegers(DataType.INT32, new long[] {1, 2}, 1, 2);
        TensorData b = TensorData.ofIntegers(DataType.INT32, new long[] {3, 4}, 2, 1);
        TensorData c = TensorData.ofIntegers(DataType.INT32, new long[] {5}, 1);
        assertThat(run(13, "y = Gemm <alpha = 2.0, beta = 3.0> (x0, x1, x2)", a, b, c)
                        .toLongs())
                .containsExactly(37);
    }

    @Test
    void theNeighbourhoodOfAChannelMayBeLargerThanTheImage() {
        TensorData x = TensorData.ofFloats(new float[] {1, 2}, 1, 2, 1, 1);
        // (1² + 2²) · alpha / size + bias = 5 · 4 / 10 + 1 = 3
        float[] y =
                run(13, "y = LRN <size = 10, alpha = 4.0, beta = 1.0> (x0)", x).toFloats();
        assertThat(y).containsExactly(new float[] {1 / 3f, 2 / 3f}, within(1e-6f));
        float[] far = run(13, "y = LRN <size = 8589934592, alpha = 4.0, beta = 1.0> (x0)", x)
                .toFloats();
        assertThat(far).containsExactly(1, 2);
    }

    @Test
    void aScalarHasNoCoordinates() {
        assertThat(run(13, "y = NonZero (x0)", TensorData.ofFloats(new float[] {3}))
                        .dims())
                .containsExactly(0, 1);
        assertThat(run(13, "y = NonZero (x0)", TensorData.ofFloats(new float[] {0}))
                        .dims())
                .containsExactly(0, 0);
    }

    @Test
    void paddingWrapsMoreThanOnce() {
        TensorData y = run(19, "y = Pad <mode = \"wrap\"> (x0, x1)", floats(1, 2), longs(3, 4));
        assertThat(y.toFloats()).containsExactly(2, 1, 2, 1, 2, 1, 2, 1, 2);
    }

    @Test
    void productsRunAlongAnAxis() {
        TensorData x = longs(2, 3, 4);
        TensorData axis = TensorData.ofLongs(new long[] {0});
        assertThat(run(26, "y = CumProd (x0, x1)", x, axis).toLongs()).containsExactly(2, 6, 24);
        assertThat(run(26, "y = CumProd <exclusive = 1> (x0, x1)", x, axis).toLongs())
                .containsExactly(1, 2, 6);
        assertThat(run(26, "y = CumProd <exclusive = 1, reverse = 1> (x0, x1)", x, axis)
                        .toLongs())
                .containsExactly(12, 4, 1);
    }

    /// Columns of two elements, two places apart: block b puts them at b − 1 and b + 1 of the image.
    @Test
    void dilatedColumnsMeetInTheImage() {
        TensorData columns = TensorData.ofFloats(new float[] {1, 2, 4, 8, 16, 32}, 1, 2, 3);
        TensorData y = run(18, "y = Col2Im <dilations = [2], pads = [1, 0]> (x0, x1, x2)", columns, longs(4), longs(2));
        assertThat(y.toFloats()).containsExactly(2, 8 + 4, 16, 32);
    }

    @Test
    void samePaddingCountsTheDilatedWindow() {
        TensorData x = TensorData.ofFloats(new float[] {1, 2, 3, 4}, 1, 1, 4);
        String same = "auto_pad = \"SAME_UPPER\"";
        assertThat(run(12, "y = MaxPool <kernel_shape = [2], dilations = [2], %s> (x0)".formatted(same), x)
                        .toFloats())
                .containsExactly(2, 3, 4, 3);
        // A window smaller than the step needs no padding.
        assertThat(run(12, "y = MaxPool <kernel_shape = [1], strides = [3], %s> (x0)".formatted(same), x)
                        .toFloats())
                .containsExactly(1, 4);
    }

    @Test
    void aTransposedConvolutionWithSamePaddingIsAsLargeAsItsStepsSay() {
        TensorData x = TensorData.ofFloats(new float[] {1, 2}, 1, 1, 2);
        TensorData w = TensorData.ofFloats(new float[] {1, 1}, 1, 1, 2);
        String node = "y = ConvTranspose <strides = [3], auto_pad = \"SAME_UPPER\"> (x0, x1)";
        assertThat(run(11, node, x, w).dims()).containsExactly(1, 1, 6);
    }

    /// Layout 1 is layout 0 with the batch in front; ONNX Runtime has none.
    @Test
    void theBatchMayComeFirstInARecurrentLayer() {
        TensorData x = Differential.random(1, 3, 4, 5);
        TensorData h = Differential.random(4, 2, 4, 2);
        for (String type : List.of("RNN:1", "GRU:3", "LSTM:4")) {
            int rows = 2 * Integer.parseInt(type.substring(type.indexOf(':') + 1));
            TensorData w = Differential.random(2, 2, rows, 5);
            TensorData r = Differential.random(3, 2, rows, 2);
            String node = """
                    t = Transpose <perm = [1, 0, 2]> (x0)
                    h = Transpose <perm = [1, 0, 2]> (x3)
                    a, b = LAYER <hidden_size = 2, direction = "bidirectional"> (x0, x1, x2, "", "", x3)
                    c, d = LAYER <hidden_size = 2, direction = "bidirectional", layout = 1> (t, x1, x2, "", "", h)
                    y = Transpose <perm = [1, 2, 0, 3]> (c)
                    yh = Transpose <perm = [1, 0, 2]> (d)
                    """.replace("LAYER", type.substring(0, type.indexOf(':')));
            List<TensorData> out = outputs(14, List.of("a", "b", "y", "yh"), node, x, w, r, h);
            assertThat(out.get(2)).isEqualTo(out.get(0));
            assertThat(out.get(3)).isEqualTo(out.get(1));
        }
    }

    @Test
    void aPoolingWithoutAWindowIsRefused() {
        TensorData x = TensorData.ofFloats(new float[] {1, 2}, 1, 1, 2);
        assertThatThrownBy(() -> run(18, "y = LpPool (x0)", x))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("LpPool 'y'")
                .hasMessageContaining("kernel_shape is missing");
        TensorData image = TensorData.ofFloats(new float[] {1, 2}, 1, 2, 1, 1);
        assertThatThrownBy(() -> run(13, "y = LRN <size = 0> (x0)", image))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("LRN 'y'");
    }
}
