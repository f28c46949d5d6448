package ai.vernier.bench.digits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CanvasTest {
    @Test
    void coverageFallsLinearlyOverOnePixelAtTheEdgeOfAStroke() {
        Canvas canvas = new Canvas(5);
        canvas.draw(Stroke.line(0, 2, 4, 2), 1, 1);
        float[] pixels = canvas.pixels();
        // Rows 0 … 4 lie 2, 1, 0, 1, 2 pixels from the line: clamp(1 + 1/2 − d, 0, 1), to the nearest even 255th.
        float half = 128 / 255f;
        assertThat(new float[] {pixels[2], pixels[7], pixels[12], pixels[17], pixels[22]})
                .containsExactly(0, half, 1, half, 0);
    }

    @Test
    void theStrongerInkStaysWhereStrokesOverlap() {
        Canvas canvas = new Canvas(3);
        canvas.draw(Stroke.line(0, 1, 2, 1), 0.5, 0.8);
        canvas.draw(Stroke.line(1, 0, 1, 2), 0.5, 0.4);
        assertThat(canvas.pixels()[4]).isEqualTo(204 / 255f);
    }

    @Test
    void inkBeyondTheBorderIsCutOff() {
        Canvas canvas = new Canvas(3);
        canvas.draw(Stroke.line(-40, -9, 40, -9), 2, 1);
        canvas.dot(new Point(3, 3), 0.5, 1);
        assertThat(canvas.pixels()).containsOnly(0);
    }

    @Test
    void pixelsStayWithinZeroAndOne() {
        Canvas canvas = new Canvas(4);
        canvas.dot(new Point(0, 0), 1, 1);
        canvas.ground(0.5, 1, 1);
        canvas.noise(new java.util.Random(1), 3);
        for (float pixel : canvas.pixels()) {
            assertThat(pixel).isBetween(0f, 1f);
        }
    }
}
