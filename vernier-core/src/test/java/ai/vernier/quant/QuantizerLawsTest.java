package ai.vernier.quant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Laws of quantization over seeded random grids and data.
class QuantizerLawsTest {
    private static final RandomGeneratorFactory<RandomGenerator> RANDOM = RandomGeneratorFactory.of("L64X128MixRandom");
    private static final List<Scheme> SCHEMES = List.copyOf(EnumSet.allOf(Scheme.class));
    private static final long[] DIMS = {3, 5, 2};

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    /// A grid of random format, scheme, granularity and range for a tensor of [#DIMS].
    private static Encoding encoding(RandomGenerator random) {
        Granularity granularity = switch (random.nextInt(3)) {
            case 0 -> new Granularity.PerTensor();
            case 1 -> new Granularity.PerChannel(random.nextInt(3));
            default -> new Granularity.PerGroup(random.nextInt(3), 1 + random.nextInt(4));
        };
        IntegerFormat format = new IntegerFormat(2 + random.nextInt(15), random.nextBoolean());
        Scheme scheme = SCHEMES.get(random.nextInt(SCHEMES.size()));
        List<RealRange> ranges = new ArrayList<>();
        for (int i = 0; i < Granules.of(DIMS, granularity).count(); i++) {
            double size = Math.exp(random.nextDouble(-20, 20));
            double a = size * random.nextDouble(-1, 1);
            double b = size * random.nextDouble(-1, 1);
            ranges.add(new RealRange(Math.min(a, b), Math.max(a, b)));
        }
        return RangeToEncoding.DEFAULT.encoding(new QuantSpec(format, granularity, scheme), ranges);
    }

    private static TensorData data(RandomGenerator random, Encoding encoding) {
        float[] values = new float[30];
        Granules.of(DIMS, encoding.granularity()).forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                int granule = run.granule() + i * run.step();
                double width = encoding.max(granule) - encoding.min(granule);
                values[run.start() + i] = (float) (encoding.min(granule) + width * random.nextDouble(-0.5, 1.5));
            }
        });
        return TensorData.ofFloats(values, DIMS);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void insideTheRangeTheErrorIsAtMostHalfAStep(long seed) {
        RandomGenerator random = RANDOM.create(seed);
        Encoding encoding = encoding(random);
        TensorData data = data(random, encoding);
        float[] moved = Quantizer.ONNX.fakeQuantize(data, encoding).toFloats();
        Granules.of(DIMS, encoding.granularity()).forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                int at = run.start() + i;
                int granule = run.granule() + i * run.step();
                double x = data.floatAt(at);
                double inside = Math.clamp(x, encoding.min(granule), encoding.max(granule));
                // float32 division and product: relative rounding of the quotient, up to 2^16 codes.
                double slack = 1.02 * encoding.scale(granule) / 2 + Math.abs(inside) * 1e-6;
                assertThat(Math.abs(moved[at] - inside))
                        .as("%s in %s", x, encoding)
                        .isLessThanOrEqualTo(slack);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyCodeSurvivesTheWayThroughTheReals(long seed) {
        RandomGenerator random = RANDOM.create(seed);
        Encoding encoding = encoding(random);
        long[] codes =
                random.longs(30, encoding.minCode(), encoding.maxCode() + 1).toArray();
        TensorData stored = TensorData.ofIntegers(Quantizer.storageType(encoding.format()), codes, DIMS);
        for (Rounding rounding : Rounding.values()) {
            Quantizer quantizer = new Quantizer(rounding);
            assertThat(quantizer.quantize(quantizer.dequantize(stored, encoding), encoding))
                    .isEqualTo(stored);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void largerValuesNeverGetSmallerCodes(long seed) {
        RandomGenerator random = RANDOM.create(seed);
        Encoding encoding = encoding(random);
        float[] sorted = data(random, encoding).toFloats();
        Arrays.sort(sorted);
        for (Rounding rounding : Rounding.values()) {
            Quantizer quantizer = new Quantizer(rounding);
            long[] codes = IntStream.range(0, sorted.length)
                    .mapToLong(i -> quantizer.quantize(sorted[i], encoding, 0))
                    .toArray();
            assertThat(codes).isSorted();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void zeroIsExact(long seed) {
        Encoding encoding = encoding(RANDOM.create(seed));
        for (int granule = 0; granule < encoding.granules(); granule++) {
            assertThat(Quantizer.ONNX.fakeQuantize(0f, encoding, granule)).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void runsVisitEveryElementOnceInItsGranule(long seed) {
        RandomGenerator random = RANDOM.create(seed);
        Granularity granularity = encoding(random).granularity();
        int[] expected = new int[30];
        for (int i = 0; i < 30; i++) {
            expected[i] = granule(granularity, i / 10, i / 2 % 5, i % 2);
        }
        int[] visited = new int[30];
        Arrays.fill(visited, -1);
        Granules.of(DIMS, granularity).forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                assertThat(visited[run.start() + i]).isEqualTo(-1);
                visited[run.start() + i] = run.granule() + i * run.step();
            }
        });
        assertThat(visited).isEqualTo(expected);
    }

    private static int granule(Granularity granularity, int... position) {
        return switch (granularity) {
            case Granularity.PerTensor() -> 0;
            case Granularity.PerChannel(int axis) -> position[axis];
            case Granularity.PerGroup(int axis, int size) -> {
                int granule = 0;
                for (int i = 0; i < 3; i++) {
                    int extent = (int) DIMS[i];
                    boolean grouped = i == axis;
                    granule = granule * (grouped ? Math.ceilDiv(extent, size) : extent)
                            + (grouped ? position[i] / size : position[i]);
                }
                yield granule;
            }
        };
    }
}
