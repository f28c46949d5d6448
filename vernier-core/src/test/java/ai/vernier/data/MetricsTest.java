package ai.vernier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
    private static final TensorData SCORES =
            TensorData.ofFloats(new float[] {0.1f, 0.7f, 0.2f, 0.5f, 0.3f, 0.5f, 0.2f, 0.2f, 0.2f}, 3, 3);

    @Test
    void topKCountsLabelsAmongTheHighestScores() {
        // Best two of each row: {1, 2}, {0, 2}, {0, 1}; of equal scores the lower class comes first.
        assertThat(new TopK(1).measure(SCORES, new long[] {1, 2, 0})).isEqualTo(new Score("top1", 2, 3));
        assertThat(new TopK(2).measure(SCORES, new long[] {2, 2, 1})).isEqualTo(new Score("top2", 3, 3));
        assertThat(new TopK(2).measure(SCORES, new long[] {0, 1, 2}).value()).isZero();
        assertThat(new TopK(9).measure(SCORES, new long[] {0, 1, 2}).value()).isEqualTo(1);
    }

    @Test
    void scoresOfSpatialSizeOneCountAsClasses() {
        TensorData pooled = SCORES.reshaped(3, 3, 1, 1);
        assertThat(new TopK(1).measure(pooled, new long[] {1, 0, 0}).value()).isEqualTo(1);
    }

    @Test
    void notANumberIsNeverAHit() {
        TensorData broken = TensorData.ofFloats(new float[] {Float.NaN, Float.NaN, 1, Float.NaN}, 2, 2);
        assertThat(new TopK(1).measure(broken, new long[] {0, 0}).sum()).isEqualTo(1);
    }

    @Test
    void scoresOfBatchesMergeToTheWhole() {
        Score whole = new TopK(1).measure(SCORES, new long[] {1, 2, 0});
        Score first = new TopK(1).measure(TensorData.ofFloats(new float[] {0.1f, 0.7f, 0.2f}, 1, 3), new long[] {1});
        TensorData rest = TensorData.ofFloats(new float[] {0.5f, 0.3f, 0.5f, 0.2f, 0.2f, 0.2f}, 2, 3);
        Score second = new TopK(1).measure(rest, new long[] {2, 0});
        assertThat(Score.none("top1").merge(first).merge(second)).isEqualTo(whole);
        assertThatThrownBy(() -> first.merge(Score.none("top5"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void labelsThatDoNotFitTheOutputAreTheUsersProblem() {
        assertThatThrownBy(() -> new TopK(1).measure(SCORES, new long[] {0, 3, 0}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("top1: label 3 is beyond the model's 3 classes (0 … 2); check the labels' numbering");
        assertThatThrownBy(() -> new TopK(1).measure(SCORES, new long[] {0}))
                .hasMessage("top1: output float[3,3] has 3 rows of scores for 1 labels");
        assertThatThrownBy(() -> new TopK(1).measure(TensorData.ofFloats(new float[4], 4, 1), new long[4]))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("holds no class scores");
    }

    @Test
    void metricsAreFoundByName() {
        assertThat(Metrics.parse("top1, top5")).containsExactly(new TopK(1), new TopK(5));
        assertThatThrownBy(() -> Metrics.parse("top1,accuracy,top0"))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "metric 'accuracy' is unknown; known: top1, top5 or any topK",
                                        "metric 'top0' is unknown; known: top1, top5 or any topK"));
    }

    @Test
    void agreementComparesDecisions() {
        TensorData other = TensorData.ofFloats(new float[] {0, 1, 0, 0.4f, 0, 0.5f, 9, 9, 9}, 3, 3);
        assertThat(Agreement.of(SCORES, other)).isEqualTo(new Agreement(2, 3));
        assertThat(Agreement.of(SCORES, SCORES).merge(Agreement.of(SCORES, other)))
                .isEqualTo(new Agreement(5, 6));
        assertThat(Agreement.NONE.merge(new Agreement(1, 4)).value()).isEqualTo(0.25);
    }

    @Test
    void agreementOfSequencesCountsEveryPosition() {
        TensorData sequence = TensorData.ofFloats(new float[] {1, 2, 3, 4, 6, 5, 8, 7}, 1, 4, 2);
        assertThat(Agreement.of(sequence, sequence)).isEqualTo(new Agreement(4, 4));
    }

    @Test
    void differenceGivesTheUsualMeasures() {
        TensorData reference = TensorData.ofFloats(new float[] {3, -4, 0, 5}, 4);
        TensorData other = TensorData.ofFloats(new float[] {3, -3, 1, 5}, 4);
        Difference difference = Difference.of(reference, other);
        // Σr² = 50, Σx² = 44, Σr·x = 46, Σ(r − x)² = 2, Σ|r − x| = 2.
        assertThat(difference).isEqualTo(new Difference(4, 50, 44, 46, 2, 2, 1));
        assertThat(difference.sqnr()).isCloseTo(13.979400086720377, within(1e-12));
        assertThat(difference.cosine()).isCloseTo(46 / Math.sqrt(50.0 * 44.0), within(1e-15));
        assertThat(difference.meanAbsoluteError()).isEqualTo(0.5);
        assertThat(difference.psnr(1)).isCloseTo(10 * Math.log10(2), within(1e-12));
    }

    @Test
    void equalTensorsDifferByNothing() {
        Difference same = Difference.of(SCORES, SCORES);
        assertThat(same.sqnr()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(same.cosine()).isCloseTo(1, within(1e-15));
        TensorData zeros = TensorData.ofFloats(new float[2], 2);
        assertThat(Difference.of(zeros, zeros).cosine()).isEqualTo(1);
        assertThat(Difference.of(zeros, TensorData.ofFloats(new float[] {1, 1}, 2))
                        .cosine())
                .isZero();
    }

    @Test
    void differencesOfPartsMergeToTheWhole() {
        long seed = 11;
        Random random = new Random(seed);
        float[] reference = new float[64];
        float[] other = new float[64];
        for (int i = 0; i < 64; i++) {
            // Integers keep the sums exact, so merged and whole must be equal bit for bit.
            reference[i] = random.nextInt(2001) - 1000;
            other[i] = reference[i] + random.nextInt(5) - 2;
        }
        Difference whole = Difference.of(TensorData.ofFloats(reference, 64), TensorData.ofFloats(other, 64));
        Difference merged = Difference.NONE;
        for (int from = 0; from < 64; from += 16) {
            float[] r = Arrays.copyOfRange(reference, from, from + 16);
            float[] x = Arrays.copyOfRange(other, from, from + 16);
            merged = merged.merge(Difference.of(TensorData.ofFloats(r, 16), TensorData.ofFloats(x, 16)));
        }
        assertThat(merged).as("seed %d", seed).isEqualTo(whole);
    }

    @Test
    void labelsAreOneAxisOfClasses(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("labels.npy");
        Npy.write(file, TensorData.ofLongs(new long[] {3, 0, 2}, 3));
        Labels labels = Labels.read(file);
        assertThat(labels.range(1, 2)).containsExactly(0, 2);
        assertThat(labels.at(0)).isEqualTo(3);
        assertThat(labels.limit(2).size()).isEqualTo(2);
        assertThatThrownBy(() -> labels.requireSize(4))
                .hasMessage(file + ": 3 labels for 4 samples; give one label per sample");
        Npy.write(file, TensorData.ofLongs(new long[] {3, -1}, 2));
        assertThatThrownBy(() -> Labels.read(file)).hasMessageContaining("label 1 is -1; classes count from 0");
        Npy.write(file, SCORES);
        assertThatThrownBy(() -> Labels.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(file + ": expected one axis of integers (the class of each sample), found float[3,3]");
    }
}
