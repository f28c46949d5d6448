package ai.vernier.bench.digits;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// One movement of the pen: a polyline, fine enough that a smooth warp of its points bends it smoothly.
record Stroke(List<Point> points) {
    /// Longest piece of a line and largest step of an arc (radians) between two points.
    private static final double STEP = 0.25;

    Stroke {
        points = List.copyOf(points);
    }

    /// Straight pieces through the points x0, y0, x1, y1 …
    static Stroke line(double... coordinates) {
        List<Point> points = new ArrayList<>();
        points.add(new Point(coordinates[0], coordinates[1]));
        for (int i = 2; i < coordinates.length; i += 2) {
            subdivide(points, new Point(coordinates[i], coordinates[i + 1]));
        }
        return new Stroke(points);
    }

    private static void subdivide(List<Point> points, Point end) {
        Point start = points.getLast();
        int pieces = (int) Math.ceil(start.distance(end) / STEP);
        for (int i = 1; i <= pieces; i++) {
            double t = (double) i / pieces;
            points.add(start.plus(t * (end.x() - start.x()), t * (end.y() - start.y())));
        }
    }

    /// The arc of this ellipse from `startDegrees` to `endDegrees`; 0 is right, 90 is down.
    static Stroke arc(Ellipse ellipse, double startDegrees, double endDegrees) {
        double start = StrictMath.toRadians(startDegrees);
        double sweep = StrictMath.toRadians(endDegrees) - start;
        int pieces = (int) Math.ceil(Math.abs(sweep) / STEP);
        List<Point> points = new ArrayList<>();
        for (int i = 0; i <= pieces; i++) {
            points.add(ellipse.at(start + sweep * i / pieces));
        }
        return new Stroke(points);
    }

    /// This stroke, a straight piece to the beginning of `next`, then `next`.
    Stroke then(Stroke next) {
        List<Point> joined = new ArrayList<>(points);
        subdivide(joined, next.points.getFirst());
        joined.addAll(next.points);
        return new Stroke(joined);
    }

    Stroke map(UnaryOperator<Point> warp) {
        return new Stroke(points.stream().map(warp).toList());
    }

    /// An axis-parallel ellipse around (x, y).
    record Ellipse(double x, double y, double radiusX, double radiusY) {
        Point at(double radians) {
            return new Point(x + radiusX * StrictMath.cos(radians), y + radiusY * StrictMath.sin(radians));
        }
    }
}
