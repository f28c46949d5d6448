package ai.vernier.bench.accuracy;

/// A rectangle in pixels of its image, `left ≤ right`, `top ≤ bottom`.
record Box(double left, double top, double right, double bottom) {
    static Box around(double centreX, double centreY, double width, double height) {
        return new Box(centreX - width / 2, centreY - height / 2, centreX + width / 2, centreY + height / 2);
    }

    double area() {
        return (right - left) * (bottom - top);
    }

    /// Area of the intersection over area of the union, 0 … 1.
    double overlap(Box other) {
        double width = Math.min(right, other.right) - Math.max(left, other.left);
        double height = Math.min(bottom, other.bottom) - Math.max(top, other.top);
        if (width <= 0 || height <= 0) {
            return 0;
        }
        double common = width * height;
        return common / (area() + other.area() - common);
    }
}
