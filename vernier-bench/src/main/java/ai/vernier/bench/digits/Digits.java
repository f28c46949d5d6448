package ai.vernier.bench.digits;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// An endless, seeded stream of drawn digits: image `index` depends on the seed and the index only, so any part of the
/// stream can be drawn alone or in parallel. All arithmetic is strict, hence equal on every platform.
final class Digits {
    /// Width and height of an image in pixels.
    static final int SIZE = 20;
    /// Number of classes.
    static final int CLASSES = 10;

    private final long seed;

    Digits(long seed) {
        this.seed = seed;
    }

    /// The images `first` … `first + count − 1` with their labels.
    DigitSet draw(long first, int count) {
        int pixels = SIZE * SIZE;
        float[] images = new float[count * pixels];
        long[] labels = new long[count];
        IntStream.range(0, count).parallel().forEach(i -> {
            Random random = random(first + i);
            labels[i] = random.nextInt(CLASSES);
            System.arraycopy(image((int) labels[i], random), 0, images, i * pixels, pixels);
        });
        return new DigitSet(images, labels);
    }

    /// Neighbouring seeds of [Random] begin alike, so the pair (seed, index) is mixed first: the finalizer of
    /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
    private Random random(long index) {
        long z = seed * 0x9E3779B97F4A7C15L + index;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return new Random(z ^ (z >>> 31));
    }

    private static float[] image(int digit, Random random) {
        Canvas canvas = new Canvas(SIZE);
        double ink = uniform(random, 0.28, 1);
        litter(canvas, random, ink);
        List<List<Stroke>> ways = Glyphs.of(digit);
        Warp warp = Warp.random(random, SIZE);
        double halfWidth = uniform(random, 0.3, 1.3);
        for (Stroke stroke : ways.get(random.nextInt(ways.size()))) {
            canvas.draw(stroke.map(warp), halfWidth, ink);
        }
        canvas.ground(uniform(random, 0, 0.2), uniform(random, -0.2, 0.2), uniform(random, -0.2, 0.2));
        canvas.noise(random, uniform(random, 0, 0.16));
        return canvas.pixels();
    }

    /// Specks anywhere, and sometimes a scratch along the border as a neighbouring digit would leave it.
    private static void litter(Canvas canvas, Random random, double ink) {
        for (int specks = random.nextInt(6); specks > 0; specks--) {
            Point centre = new Point(uniform(random, 0, SIZE), uniform(random, 0, SIZE));
            canvas.dot(centre, uniform(random, 0.1, 0.8), ink * uniform(random, 0.4, 1));
        }
        if (random.nextInt(3) == 0) {
            double x = random.nextBoolean() ? uniform(random, -1, 1.5) : SIZE - uniform(random, 0, 2.5);
            double y = uniform(random, 0, SIZE);
            Stroke scratch = Stroke.line(x, y, x + uniform(random, -1.5, 1.5), y + uniform(random, -8, 8));
            canvas.draw(scratch, uniform(random, 0.2, 0.9), ink);
        }
    }

    private static double uniform(Random random, double low, double high) {
        return low + (high - low) * random.nextDouble();
    }
}
