package ai.vernier.bench.digits;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DigitsTest {
    private static final int PIXELS = Digits.SIZE * Digits.SIZE;

    @Test
    void anImageDependsOnSeedAndIndexOnly() {
        float[] all = new Digits(7).draw(0, 50).images().toFloats();
        float[] tail = new Digits(7).draw(20, 30).images().toFloats();
        assertThat(tail).containsExactly(Arrays.copyOfRange(all, 20 * PIXELS, 50 * PIXELS));
    }

    @Test
    void anotherSeedDrawsOtherImages() {
        assertThat(new Digits(8).draw(0, 3).images())
                .isNotEqualTo(new Digits(7).draw(0, 3).images());
    }

    @Test
    void everyDigitComesUpAboutEquallyOften() {
        int[] counts = new int[Digits.CLASSES];
        for (long label : new Digits(1).draw(0, 2000).labels().toLongs()) {
            counts[(int) label]++;
        }
        for (int count : counts) {
            assertThat(count).isBetween(150, 250);
        }
    }

    @Test
    void theDigitsCanBeToldApartByTheirMeanImages() {
        double[][] means = means(new Digits(1).draw(0, 3000));
        DigitSet probe = new Digits(2).draw(0, 500);
        TensorData similarity = TensorData.ofFloats(similarities(probe, means), probe.count(), Digits.CLASSES);
        // One mean per digit knows nothing of slant or shift, yet does many times better than one guess in ten.
        assertThat(probe.accuracy(similarity)).isGreaterThan(0.45);
    }

    private static double[][] means(DigitSet set) {
        float[] images = set.images().toFloats();
        long[] labels = set.labels().toLongs();
        double[][] means = new double[Digits.CLASSES][PIXELS];
        for (int i = 0; i < labels.length; i++) {
            float[] image = normalized(images, i);
            for (int p = 0; p < PIXELS; p++) {
                means[(int) labels[i]][p] += image[p];
            }
        }
        return means;
    }

    private static float[] similarities(DigitSet set, double[][] means) {
        float[] images = set.images().toFloats();
        float[] similarities = new float[set.count() * Digits.CLASSES];
        for (int i = 0; i < similarities.length; i++) {
            double[] mean = means[i % Digits.CLASSES];
            float[] image = normalized(images, i / Digits.CLASSES);
            double dot = 0;
            double square = 0;
            for (int p = 0; p < PIXELS; p++) {
                dot += mean[p] * image[p];
                square += mean[p] * mean[p];
            }
            similarities[i] = (float) (dot / Math.sqrt(square));
        }
        return similarities;
    }

    /// Image `index` shifted and scaled to mean 0 and norm 1.
    private static float[] normalized(float[] images, int index) {
        float[] image = Arrays.copyOfRange(images, index * PIXELS, (index + 1) * PIXELS);
        double mean = 0;
        for (float pixel : image) {
            mean += pixel / PIXELS;
        }
        double square = 0;
        for (int p = 0; p < PIXELS; p++) {
            image[p] -= (float) mean;
            square += image[p] * image[p];
        }
        for (int p = 0; p < PIXELS; p++) {
            image[p] /= (float) Math.sqrt(square);
        }
        return image;
    }
}
