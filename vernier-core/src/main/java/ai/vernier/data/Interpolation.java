package ai.vernier.data;

import java.util.Locale;

/// How pixels between pixels are made when an image is resized. Pixel i covers i … i+1, so its centre
/// is at i + ½.
///
/// The antialiased kernels are stretched by the scale when an image shrinks, as Pillow and torchvision
/// do on images; OpenCV's `INTER_LINEAR` does not.
public enum Interpolation {
    /// A triangle of half-width 1, antialiased.
    BILINEAR(1, true),

    /// The cubic convolution kernel with a = −½ (Keys 1981), antialiased.
    BICUBIC(2, true),

    /// A triangle over the two nearest pixels, however much the image shrinks.
    BILINEAR_NO_ANTIALIAS(1, false);

    private final double support;
    private final boolean antialiased;

    Interpolation(double support, boolean antialiased) {
        this.support = support;
        this.antialiased = antialiased;
    }

    /// As recipes and flags write it: `bilinear-no-antialias`.
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Half-width of the unstretched kernel in pixels.
    double support() {
        return support;
    }

    /// How far the kernel is stretched where one target pixel spans `scale` source pixels.
    double stretch(double scale) {
        return antialiased ? Math.max(scale, 1) : 1;
    }

    /// The unstretched kernel at distance `x` from its centre.
    double weight(double x) {
        double distance = Math.abs(x);
        return switch (this) {
            case BILINEAR, BILINEAR_NO_ANTIALIAS -> Math.max(0, 1 - distance);
            case BICUBIC -> cubic(distance);
        };
    }

    private static double cubic(double x) {
        double a = -0.5;
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
