package ai.vernier.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ConformanceTest {
    private static final Path ROOT = Path.of(System.getProperty("vernier.root", ".."));
    private static final Model EMPTY =
            Model.of(new Graph("", List.of(), List.of(), List.of(), Map.of(), List.of(), Details.NONE), 20);

    @Test
    void noCaseThatPassedStopsPassingAndEveryGradientIsRight() throws IOException {
        Path folder = Conformance.folder(ROOT);
        Optional<ConformanceArchive> found = ConformanceArchive.in(folder);
        Assumptions.assumeTrue(found.isPresent(), "needs the archive in " + folder);
        try (ConformanceArchive archive = found.get()) {
            List<Outcome> outcomes = Conformance.run(archive, _ -> true);
            assertThat(outcomes).hasSizeGreaterThan(1900);
            Listing listing = Listing.parse(Files.readString(ROOT.resolve(Conformance.LISTING)));
            assertThat(listing.regressions(outcomes)).isEmpty();
            assertThat(outcomes)
                    .allSatisfy(outcome -> assertThat(outcome.gradient())
                            .as("gradient in %s", outcome.caseName())
                            .doesNotStartWith("differs"));
            String table = Files.readString(ROOT.resolve(Conformance.TABLE));
            assertThat(OperatorsTable.print(outcomes))
                    .as("run the command in the head of the table to renew it")
                    .isEqualTo(table);
        }
    }

    @Test
    void aCaseThatEndsFurtherDownIsARegression() {
        List<Outcome> before = List.of(
                new Outcome("a", State.NATIVE, "", EMPTY),
                new Outcome("b", State.FALLBACK, "X", EMPTY),
                new Outcome("c", State.WRONG, "why", EMPTY));
        List<Outcome> after = List.of(
                new Outcome("a", State.FALLBACK, "X", EMPTY),
                new Outcome("b", State.NATIVE, "", EMPTY),
                new Outcome("c", State.ERROR, "why", EMPTY));
        Listing listing = Listing.parse(Listing.print(before));
        assertThat(listing.regressions(before)).isEmpty();
        assertThat(listing.regressions(after))
                .containsExactly("was native: fallback       a: X", "was wrong: error          c: why");
    }

    private static Optional<String> difference(TensorData expected, TensorData actual) {
        return Agreement.difference(expected, actual, false);
    }

    @Test
    void theAbsoluteToleranceGrowsWithTheValuesOnlyWhereSumsCancel() {
        TensorData expected = TensorData.ofFloats(new float[] {100, 0}, 2);
        TensorData actual = TensorData.ofFloats(new float[] {100, 5e-6f}, 2);
        assertThat(Agreement.difference(expected, actual, true)).isEmpty();
        assertThat(Agreement.difference(expected, actual, false)).isPresent();
    }

    @Test
    void floatsMayDifferByTheTolerancesOfOnnxsRunner() {
        TensorData expected = TensorData.ofFloats(new float[] {1, Float.NaN, Float.POSITIVE_INFINITY}, 3);
        assertThat(difference(
                        expected, TensorData.ofFloats(new float[] {1.0009f, Float.NaN, Float.POSITIVE_INFINITY}, 3)))
                .isEmpty();
        assertThat(difference(
                        expected, TensorData.ofFloats(new float[] {1.0011f, Float.NaN, Float.POSITIVE_INFINITY}, 3)))
                .isPresent();
        assertThat(difference(expected, TensorData.ofFloats(new float[] {1, 0, Float.POSITIVE_INFINITY}, 3)))
                .isPresent();
        assertThat(difference(expected, TensorData.ofFloats(new float[] {1, Float.NaN, 9}, 3)))
                .isPresent();
    }

    @Test
    void integersTypesAndShapesMustBeEqual() {
        TensorData expected = TensorData.ofLongs(new long[] {1_000_000, 2}, 2);
        assertThat(difference(expected, TensorData.ofLongs(new long[] {1_000_001, 2}, 2)))
                .isPresent();
        assertThat(difference(expected, TensorData.ofLongs(new long[] {1_000_000, 2}, 1, 2)))
                .isPresent();
        assertThat(difference(expected, TensorData.ofIntegers(DataType.INT32, new long[] {1_000_000, 2}, 2)))
                .isPresent();
    }
}
