package ai.vernier.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.Quantizer;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class FakeQuantizationTest {
    private final Random seeds = new Random(20260101);

    @Test
    void equalsTheDefinitionBitForBitPerTensor() {
        for (int round = 0; round < 40; round++) {
            long seed = seeds.nextLong();
            Random random = new Random(seed);
            IntegerFormat format = new IntegerFormat(2 + random.nextInt(15), random.nextBoolean());
            long zeroPoint = random.nextLong(format.min(), format.max() + 1);
            Encoding encoding = Encoding.perTensor(format, (float) Math.exp(random.nextGaussian() * 3), zeroPoint);
            TensorData values = awkward(random, encoding, 3, 7, 13);

            assertBitsEqual(seed, fake(values, encoding), Quantizer.ONNX.fakeQuantize(values, encoding));
        }
    }

    @Test
    void equalsTheDefinitionBitForBitPerChannel() {
        for (int round = 0; round < 20; round++) {
            long seed = seeds.nextLong();
            Random random = new Random(seed);
            IntegerFormat format = new IntegerFormat(8, random.nextBoolean());
            float[] scales = new float[5];
            long[] zeroPoints = new long[5];
            for (int i = 0; i < 5; i++) {
                scales[i] = (float) Math.exp(random.nextGaussian());
                zeroPoints[i] = random.nextLong(format.min(), format.max() + 1);
            }
            Encoding encoding = new Encoding.Grid(format, new Granularity.PerChannel(1), format.min() + 1, format.max())
                    .with(scales, zeroPoints);
            TensorData values = awkward(random, encoding, 2, 5, 9);

            assertBitsEqual(seed, fake(values, encoding), Quantizer.ONNX.fakeQuantize(values, encoding));
        }
    }

    @Test
    void movesNothingThatIsOnTheGrid() {
        long seed = seeds.nextLong();
        Random random = new Random(seed);
        Encoding encoding = Encoding.perTensor(IntegerFormat.UINT16, 0.000123f, 31000);
        TensorData once = fake(awkward(random, encoding, 100, 11), encoding);

        assertBitsEqual(seed, fake(once, encoding), once);
    }

    @Test
    void refusesGridsThatFloat32CannotHold() {
        Encoding wide = Encoding.perTensor(IntegerFormat.INT32, 1, 0);

        assertThatThrownBy(() -> new FakeQuantization("y", wide))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("'y'");
    }

    /// Gaussian values around the grid, ties, both zeros, both infinities and the largest floats.
    private static TensorData awkward(Random random, Encoding encoding, long... dims) {
        float[] values = new float[(int) TensorData.elementCount(dims)];
        float[] special = {
            0f, -0f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MAX_VALUE, -Float.MAX_VALUE, -1e-30f
        };
        for (int i = 0; i < values.length; i++) {
            float scale = encoding.scale(0);
            long code = random.nextLong(encoding.minCode() - 2, encoding.maxCode() + 3) - encoding.zeroPoint(0);
            values[i] = switch (random.nextInt(4)) {
                case 0 -> special[random.nextInt(special.length)];
                case 1 -> scale * (code + 0.5f);
                case 2 -> scale * code;
                default -> scale * (code + (float) random.nextGaussian());
            };
        }
        return TensorData.ofFloats(values, dims);
    }

    private static TensorData fake(TensorData values, Encoding encoding) {
        try (PointerScope _ = new PointerScope()) {
            Tensor tensor = Tensor.create(values.toFloats(), values.dims());
            Tensor moved = new FakeQuantization("t", encoding).apply(tensor);
            float[] result = new float[(int) values.elementCount()];
            new FloatPointer(moved.data_ptr_float()).get(result);
            return TensorData.ofFloats(result, values.dims());
        }
    }

    private static void assertBitsEqual(long seed, TensorData actual, TensorData expected) {
        float[] found = actual.toFloats();
        float[] wanted = expected.toFloats();
        for (int i = 0; i < wanted.length; i++) {
            assertThat(Float.floatToRawIntBits(found[i]))
                    .as("seed %d, element %d: %s, expected %s", seed, i, found[i], wanted[i])
                    .isEqualTo(Float.floatToRawIntBits(wanted[i]));
        }
    }
}
