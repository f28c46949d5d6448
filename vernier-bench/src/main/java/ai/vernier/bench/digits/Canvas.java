package ai.vernier.bench.digits;

import java.util.List;
import java.util.Random;

/// A square grey image under construction. Ink covers a pixel by its distance d (pixels) from the stroke's middle line,
/// `coverage = clamp(halfWidth + 1/2 − d, 0, 1)`, which is anti-aliasing with a filter one pixel wide.
final class Canvas {
    private final int size;
    private final double[] grey;

    /// A canvas of `size` × `size` pixels at grey level 0.
    Canvas(int size) {
        this.size = size;
        this.grey = new double[size * size];
    }

    /// Draws the stroke over what is there; where strokes overlap, the stronger ink stays.
    void draw(Stroke stroke, double halfWidth, double ink) {
        List<Point> points = stroke.points();
        for (int i = 0; i + 1 < points.size(); i++) {
            drawSegment(points.get(i), points.get(i + 1), new Pen(halfWidth, ink));
        }
    }

    /// A round dot.
    void dot(Point centre, double radius, double ink) {
        drawSegment(centre, centre, new Pen(radius, ink));
    }

    private record Pen(double halfWidth, double ink) {
        double reach() {
            return halfWidth + 0.5;
        }

        double greyAt(double distance) {
            return ink * Math.clamp(reach() - distance, 0, 1);
        }
    }

    private void drawSegment(Point a, Point b, Pen pen) {
        int bottom = inside(Math.ceil(Math.max(a.y(), b.y()) + pen.reach()));
        int right = inside(Math.ceil(Math.max(a.x(), b.x()) + pen.reach()));
        for (int y = inside(Math.min(a.y(), b.y()) - pen.reach()); y <= bottom; y++) {
            for (int x = inside(Math.min(a.x(), b.x()) - pen.reach()); x <= right; x++) {
                int pixel = y * size + x;
                grey[pixel] = Math.max(grey[pixel], pen.greyAt(distance(new Point(x, y), a, b)));
            }
        }
    }

    private int inside(double coordinate) {
        return (int) Math.clamp(coordinate, 0, size - 1);
    }

    private static double distance(Point p, Point a, Point b) {
        double dx = b.x() - a.x();
        double dy = b.y() - a.y();
        double squared = dx * dx + dy * dy;
        double t = squared == 0 ? 0 : Math.clamp(((p.x() - a.x()) * dx + (p.y() - a.y()) * dy) / squared, 0, 1);
        return p.distance(a.plus(t * dx, t * dy));
    }

    /// Adds a ground that rises linearly from `level` by `slopeX`, `slopeY` per image width, where no ink covers it.
    void ground(double level, double slopeX, double slopeY) {
        for (int i = 0; i < grey.length; i++) {
            int row = i / size;
            int column = i % size;
            double ground = level + (slopeX * column + slopeY * row) / size;
            grey[i] = grey[i] + (1 - grey[i]) * ground;
        }
    }

    /// Adds independent normal noise to every pixel.
    void noise(Random random, double deviation) {
        for (int i = 0; i < grey.length; i++) {
            grey[i] += deviation * random.nextGaussian();
        }
    }

    /// The image as a camera would store it: clamped to [0, 1] and rounded to multiples of 1/255.
    float[] pixels() {
        float[] pixels = new float[grey.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.rint(255 * Math.clamp(grey[i], 0, 1)) / 255f;
        }
        return pixels;
    }
}
