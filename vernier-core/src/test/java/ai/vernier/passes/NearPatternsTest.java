package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the passes make of graphs that look like their patterns and of graphs that nearly do, judged by ONNX Runtime.
class NearPatternsTest {
    /// Weights are multiplied before they meet data: some bits of a float differ, more where terms cancel.
    private static final double TOLERANCE = 1e-3;

    private static final int MODELS = 100;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void outputsStayWhatTheyWere(long block) {
        for (long seed = block * MODELS; seed < (block + 1) * MODELS; seed++) {
            NearPatterns.Case each = NearPatterns.of(seed);
            assertUnchanged(each, preparation(seed), seed);
        }
    }

    /// The standard passes, and those that are off by default, for some newest opset.
    private static Preparation preparation(long seed) {
        Random random = new Random(~seed);
        Preparation standard = Preparation.STANDARD.withNewestOpset(7 + random.nextInt(15));
        return random.nextBoolean() ? standard : standard.withExtra(ReplaceBatchNorm.NAME);
    }

    /// Where ONNX Runtime took a piece only because it did not know the shapes around, there is nothing to compare.
    static void assertUnchanged(NearPatterns.Case original, Preparation preparation, long seed) {
        Model before = original.model();
        Model after = OnnxReader.read(
                OnnxWriter.toBytes(preparation.passes().apply(before).model()));
        String place = "seed %d%n%s%nbecame%n%s".formatted(seed, OnnxText.print(before), OnnxText.print(after));
        Map<String, TensorData> expected = original.outputs();
        if (expected.isEmpty()) {
            return;
        }
        Map<String, TensorData> found = run(after, original.inputs(), place);

        assertThat(found.keySet()).as(place).isEqualTo(expected.keySet());
        expected.forEach((name, tensor) -> assertClose(name, tensor, Objects.requireNonNull(found.get(name)), place));
    }

    private static Map<String, TensorData> run(Model model, Map<String, TensorData> inputs, String place) {
        try (OrtModel runtime = OrtModel.open(OnnxWriter.toBytes(model), 1)) {
            return runtime.run(inputs);
        } catch (RuntimeException e) {
            throw new AssertionError(e.getMessage() + "\n" + place, e);
        }
    }

    private static void assertClose(String name, TensorData expected, TensorData found, String place) {
        assertThat(found.toString()).as("%s, %s", name, place).isEqualTo(expected.toString());
        LongToDoubleFunction left = elements(expected);
        LongToDoubleFunction right = elements(found);
        double largest = 1e-3;
        double difference = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            double value = left.applyAsDouble(i);
            if (Double.isFinite(value)) {
                largest = Math.max(largest, Math.abs(value));
                difference = Math.max(difference, Math.abs(value - right.applyAsDouble(i)));
            }
        }
        assertThat(difference).as("%s, %s", name, place).isLessThanOrEqualTo(TOLERANCE * largest);
    }

    private static LongToDoubleFunction elements(TensorData tensor) {
        if (tensor.dataType() == DataType.FLOAT) {
            return tensor::floatAt;
        }
        if (tensor.dataType() == DataType.DOUBLE) {
            double[] doubles = tensor.toDoubles();
            return i -> doubles[(int) i];
        }
        long[] integers = tensor.toLongs();
        return i -> integers[(int) i];
    }
}
