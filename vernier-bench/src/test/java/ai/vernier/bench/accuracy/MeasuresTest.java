package ai.vernier.bench.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.data.Agreement;
import ai.vernier.onnx.TensorData;
import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuresTest {
    private static final Box SQUARE = new Box(0, 0, 10, 10);

    @Test
    void aDropIsInPointsDecibelsOrNats() {
        assertThat(Measure.share("top-1", 0.84).drop(Measure.share("top-1", 0.825)))
                .isCloseTo(1.5, within(1e-9));
        assertThat(new Measure("loss", 1.5, -1).drop(new Measure("loss", 1.75, -1)))
                .isEqualTo(0.25);
    }

    @Test
    void lossIsTheNegativeLogarithmOfTheTokensProbability() {
        // Probabilities 1/4, 1/2, 1/4.
        float[] logits = {10, 10 + (float) Math.log(2), 10};
        assertThat(NextToken.Guess.of(logits, 0).loss()).isCloseTo(Math.log(4), within(1e-6));
        assertThat(NextToken.Guess.of(logits, 1).loss()).isCloseTo(Math.log(2), within(1e-6));
        assertThat(NextToken.Guess.of(logits, 1).right()).isTrue();
        assertThat(NextToken.Guess.of(logits, 2).right()).isFalse();
    }

    @Test
    void detectorsAgreeOnTheObjectsThatBothSee() {
        Detection seen = new Detection(0, 1, 0.9, SQUARE);
        Detection nearly = new Detection(0, 1, 0.5, new Box(0, 0, 10, 6));
        Detection elsewhere = new Detection(0, 1, 0.5, new Box(0, 0, 10, 4));
        Detection otherCategory = new Detection(0, 2, 0.9, SQUARE);
        assertThat(Detection.agreement(List.of(seen), List.of(nearly))).isEqualTo(new Agreement(1, 1));
        assertThat(Detection.agreement(List.of(seen), List.of(elsewhere, otherCategory)))
                .isEqualTo(new Agreement(0, 3));
        assertThat(Detection.agreement(List.of(seen, seen), List.of(seen))).isEqualTo(new Agreement(1, 2));
    }

    @Test
    void personsOverlapAsTheirInterpolatedLogitsHaveIt() {
        // Logits fall linearly from 3 at the left edge to −1 at the right: columns 0 … 3 of 5 are found.
        BufferedImage mask = new BufferedImage(5, 2, BufferedImage.TYPE_BYTE_GRAY);
        WritableRaster raster = mask.getRaster();
        for (int x = 2; x < 5; x++) {
            raster.setSample(x, 0, 0, 1);
            raster.setSample(x, 1, 0, 255);
        }
        TensorData logits = TensorData.ofFloats(new float[] {3.5f, -0.5f, 3.5f, -0.5f}, 1, 2, 2, 1);
        // Found are 4 columns of 2 rows, the mask has columns 2 … 4 of the first row.
        assertThat(PersonSegmentation.Overlap.of(logits, raster)).isEqualTo(new PersonSegmentation.Overlap(2, 9));
    }

    @Test
    void priorBoxesAreAsManyAsAnswersAndDecodeToThemselves() {
        List<Box> priors = PriorBoxes.all();
        assertThat(priors).hasSize(4420);
        // First cell of the first grid, smallest square: centre (4, 4), side 10 pixels of 320×240.
        assertThat(priors.getFirst().left()).isCloseTo(-1 / 320.0, within(1e-12));
        assertThat(priors.getFirst().bottom()).isCloseTo(9 / 240.0, within(1e-12));
        Box moved = PriorBoxes.decode(priors.getFirst(), new float[] {0, 10, 0, 0, 5 * (float) Math.log(2)}, 1);
        assertThat(moved.left()).isCloseTo(9 / 320.0, within(1e-7));
        assertThat(moved.right() - moved.left()).isCloseTo(10 / 320.0, within(1e-7));
        assertThat(moved.bottom() - moved.top()).isCloseTo(20 / 240.0, within(1e-7));
    }

    @Test
    void shrinkingKeepsEvenGraysAndCutsEdges() {
        float[] gray = new float[9 * 7];
        Arrays.fill(gray, 100 / 255f);
        Luma even = Luma.of(TensorData.ofFloats(gray, 1, 1, 9, 7));
        TensorData small = even.multipleOf(3).shrunk(3).tensor();
        assertThat(small.dims()).containsExactly(1, 1, 3, 2);
        assertThat(small.toFloats()).containsOnly(100 / 255f);
        assertThat(even.inside(3).tensor().dims()).containsExactly(1, 1, 3, 1);
    }

    @Test
    void shrinkingWeighsByKeysCubic() {
        // One white column in the middle of nine has weight 1 of w(0) + 2·(w(1/3) + w(2/3) + w(1) + w(4/3)); the
        // columns
        // at 5/3 lie outside.
        float[] line = new float[9];
        line[4] = 1;
        float[] rows = new float[27];
        for (int y = 0; y < 3; y++) {
            System.arraycopy(line, 0, rows, 9 * y, 9);
        }
        float[] small = Luma.of(TensorData.ofFloats(rows, 1, 1, 3, 9))
                .shrunk(3)
                .tensor()
                .toFloats();
        double sum = 1 + 2 * (21 + 9 + 0 - 2) / 27.0;
        assertThat(small[1]).isCloseTo((float) (Math.rint(255 / sum) / 255), within(1e-6f));
    }

    @Test
    void boundariesAreCountedAtSpacesAndTabs() {
        // "a b\tc d": byte 1 is a space, 3 a boundary, 5 a space; claimed are 1 and 3.
        float[] logits = new float[2 * (7 + 10)];
        logits[2 * (1 + 5)] = 2;
        logits[2 * (3 + 5)] = 2;
        logits[2 * (5 + 5)] = 1;
        SentenceSplitting.Found found = SentenceSplitting.Found.of("a b\tc d", TensorData.ofFloats(logits, 1, 17, 2));
        assertThat(found).isEqualTo(new SentenceSplitting.Found(1, 2, 1));
        assertThat(found.f1()).isCloseTo(2 / 3.0, within(1e-12));
    }

    @Test
    void siSnrIgnoresTheVolume() {
        Sound clean = new Sound(1, -1, 1, -1);
        // Twice the sound plus (1, 1, 1, 1), which is at right angles to it: power 16 against 4.
        assertThat(clean.siSnr(new Sound(3, -1, 3, -1))).isCloseTo(10 * Math.log10(4), within(1e-6));
    }

    @Test
    void noiseHasThePowerThatWasAskedFor() {
        float[] tone = new float[16_000];
        for (int i = 0; i < tone.length; i++) {
            tone[i] = (float) Math.sin(0.1 * i);
        }
        Sound clean = new Sound(tone);
        // 16000 samples estimate a power to 1 %, or 0.05 dB.
        assertThat(clean.siSnr(clean.withNoise(5, 1))).isCloseTo(5, within(0.2));
    }

    @Test
    void framesAddUpToTheSound() {
        float[] samples = new float[4 * Spectrum.HOP];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) Math.sin(0.05 * i + 1e-4 * i * i);
        }
        float[] sum = new float[samples.length];
        Sound sound = new Sound(samples);
        for (int first = 0; first + Spectrum.SIZE <= samples.length; first += Spectrum.HOP) {
            Spectrum.addSound(Spectrum.of(sound, first).toFloats(), 0, sum, first);
        }
        // The first and the last half frame are under one window only.
        for (int i = Spectrum.HOP; i < 3 * Spectrum.HOP; i++) {
            assertThat(sum[i]).isCloseTo(samples[i], within(1e-5f));
        }
    }
}
