package ai.vernier.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResamplerTest {
    @Test
    void halvingWeighsByAStretchedTriangle() {
        // Weights 3:3:1 at the border, 1:3:3:1 inside: (0·3 + 70·3 + 140)/7 = 50, (70 + 140·3 + 210·3)/7 = 160.
        assertThat(row(resizedRow(2, Interpolation.BILINEAR, 0, 70, 140, 210))).containsExactly(50, 160);
        // Inside: (8 + 3·16 + 3·32 + 64)/8 = 27 and (32 + 3·64 + 3·72 + 80)/8 = 65.
        assertThat(row(resizedRow(4, Interpolation.BILINEAR, 8, 8, 8, 16, 32, 64, 72, 80))[1])
                .isEqualTo(14);
        assertThat(row(resizedRow(4, Interpolation.BILINEAR, 8, 8, 16, 32, 64, 72, 80, 80))[1])
                .isEqualTo((8 + 3 * 16 + 3 * 32 + 64) / 8);
    }

    @Test
    void withoutAntialiasingOnlyTheTwoNearestPixelsCount() {
        assertThat(row(resizedRow(2, Interpolation.BILINEAR_NO_ANTIALIAS, 0, 70, 140, 210)))
                .containsExactly(35, 175);
        // Centre 1.5 of four to one third is pixel 1 itself; everything else is unseen.
        assertThat(row(resizedRow(1, Interpolation.BILINEAR_NO_ANTIALIAS, 255, 9, 255)))
                .containsExactly(9);
    }

    @Test
    void doublingInterpolatesBetweenCentres() {
        assertThat(row(resizedRow(4, Interpolation.BILINEAR, 0, 100))).containsExactly(0, 25, 75, 100);
    }

    @Test
    void bicubicOvershootIsSaturated() {
        // Cubic weights at distance 0.25, 0.75, 1.25, 1.75 (a = −½): 111/128, 29/128, −9/128, −3/128.
        int[] step = row(resizedRow(8, Interpolation.BICUBIC, 0, 0, 200, 200));
        assertThat(step[2]).isZero();
        assertThat(step[3]).isEqualTo(Math.floorDiv(200 * (29 - 3) * 2 + 128, 256));
        assertThat(step[4]).isEqualTo(Math.floorDiv(200 * (111 - 9) * 2 + 128, 256));
    }

    @Test
    void rowsAndColumnsAreTreatedAlike() {
        Pixels image = random(new Random(3), 7, 7, 1);
        byte[] transposed = new byte[49];
        for (int i = 0; i < 49; i++) {
            transposed[i % 7 * 7 + i / 7] = image.values()[i];
        }
        Pixels wide = Resampler.resize(image, 7, 4, Interpolation.BILINEAR);
        Pixels high = Resampler.resize(new Pixels(7, 7, 1, transposed), 4, 7, Interpolation.BILINEAR);
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 4; x++) {
                assertThat(wide.at(y, x, 0)).isEqualTo(high.at(x, y, 0));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConstantImageStaysConstant(Interpolation interpolation) {
        Pixels grey = Pixels.filled(13, 29, 3, 201);
        for (int size : new int[] {1, 5, 13, 40}) {
            Pixels resized = Resampler.resize(grey, size, 2 * size + 1, interpolation);
            assertThat(resized.values()).containsOnly((byte) 201).hasSize(size * (2 * size + 1) * 3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theOwnSizeChangesNothing(Interpolation interpolation) {
        Pixels image = random(new Random(5), 9, 6, 3);
        assertThat(Resampler.resize(image, 9, 6, interpolation).values()).isEqualTo(image.values());
    }

    @ParameterizedTest
    @EnumSource
    void channelsDoNotMix(Interpolation interpolation) {
        Pixels image = random(new Random(9), 8, 8, 3);
        byte[] green = new byte[64];
        for (int i = 0; i < 64; i++) {
            green[i] = image.values()[3 * i + 1];
        }
        Pixels coloured = Resampler.resize(image, 5, 11, interpolation);
        Pixels alone = Resampler.resize(new Pixels(8, 8, 1, green), 5, 11, interpolation);
        for (int i = 0; i < 55; i++) {
            assertThat(coloured.values()[3 * i + 1]).isEqualTo(alone.values()[i]);
        }
    }

    private static Pixels resizedRow(int width, Interpolation interpolation, int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Resampler.resize(new Pixels(1, values.length, 1, bytes), 1, width, interpolation);
    }

    private static int[] row(Pixels image) {
        int[] row = new int[image.width()];
        Arrays.setAll(row, x -> image.at(0, x, 0));
        return row;
    }

    private static Pixels random(Random random, int height, int width, int channels) {
        byte[] values = new byte[height * width * channels];
        random.nextBytes(values);
        return new Pixels(height, width, channels, values);
    }
}
