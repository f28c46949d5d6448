package ai.vernier.bench.digits;

import java.util.Random;
import java.util.function.UnaryOperator;

/// A random smooth map from the glyph box to pixel coordinates: a sinusoidal wobble, then an affine map.
///
///     u = p + Σₖ aₖ·sin(fₖ·p + φₖ)          k = 1, 2, each with its own direction
///     pixel = A·u + t,   A = rotation · slant · diag(width, height)
final class Warp implements UnaryOperator<Point> {
    private static final int WAVES = 2;

    private final double[] affine;
    private final double[][] waves;

    private Warp(double[] affine, double[][] waves) {
        this.affine = affine;
        this.waves = waves;
    }

    /// A warp that keeps most of a glyph inside an image of `size` × `size` pixels.
    static Warp random(Random random, int size) {
        double height = size * uniform(random, 0.26, 0.42);
        double width = height * uniform(random, 0.65, 1.2);
        double slant = uniform(random, -0.45, 0.45);
        double angle = uniform(random, -0.28, 0.28);
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        double centre = (size - 1) / 2.0;
        double[] affine = {
            cos * width, (cos * -slant - sin) * height, centre + size * uniform(random, -0.08, 0.08),
            sin * width, (sin * -slant + cos) * height, centre + size * uniform(random, -0.08, 0.08)
        };
        double[][] waves = new double[WAVES][];
        for (int k = 0; k < WAVES; k++) {
            waves[k] = wave(random);
        }
        return new Warp(affine, waves);
    }

    /// Amplitude (x, y), frequency (x, y), phase; amplitudes shrink with rising frequency.
    private static double[] wave(Random random) {
        double frequency = uniform(random, 1.5, 4);
        double direction = uniform(random, 0, 2 * Math.PI);
        double amplitude = 0.22 / frequency;
        return new double[] {
            amplitude * random.nextGaussian(),
            amplitude * random.nextGaussian(),
            frequency * StrictMath.cos(direction),
            frequency * StrictMath.sin(direction),
            uniform(random, 0, 2 * Math.PI)
        };
    }

    private static double uniform(Random random, double low, double high) {
        return low + (high - low) * random.nextDouble();
    }

    @Override
    public Point apply(Point p) {
        double x = p.x();
        double y = p.y();
        for (double[] wave : waves) {
            double sine = StrictMath.sin(wave[2] * p.x() + wave[3] * p.y() + wave[4]);
            x += wave[0] * sine;
            y += wave[1] * sine;
        }
        return new Point(affine[0] * x + affine[1] * y + affine[2], affine[3] * x + affine[4] * y + affine[5]);
    }
}
