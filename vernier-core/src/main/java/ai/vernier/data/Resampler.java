package ai.vernier.data;

/// Resizes images exactly as Pillow does: per target pixel a kernel around its centre, weights
/// normalized to sum 1 and rounded to 2⁻²² steps, first along rows and then along columns, each pass
/// rounded half up and saturated to 8 bits (Pillow, `src/libImaging/Resample.c`).
final class Resampler {
    /// 8 bits of value and 22 of weight fit an int, with a bit to spare for kernels that overshoot.
    private static final int PRECISION = 22;

    private final int[] starts;
    private final int[][] weights;

    private Resampler(int from, int to, Interpolation interpolation) {
        this.starts = new int[to];
        this.weights = new int[to][];
        double scale = (double) from / to;
        double stretch = interpolation.stretch(scale);
        double support = interpolation.support() * stretch;
        for (int i = 0; i < to; i++) {
            double centre = (i + 0.5) * scale;
            starts[i] = Math.max(0, (int) (centre - support + 0.5));
            int end = Math.min(from, (int) (centre + support + 0.5));
            double[] kernel = new double[end - starts[i]];
            for (int tap = 0; tap < kernel.length; tap++) {
                kernel[tap] = interpolation.weight((starts[i] + tap - centre + 0.5) / stretch);
            }
            weights[i] = normalized(kernel);
        }
    }

    private static int[] normalized(double[] kernel) {
        double sum = 0;
        for (double weight : kernel) {
            sum += weight;
        }
        int[] weights = new int[kernel.length];
        for (int tap = 0; tap < weights.length; tap++) {
            double weight = kernel[tap] / sum * (1 << PRECISION);
            weights[tap] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
        }
        return weights;
    }

    static Pixels resize(Pixels image, int height, int width, Interpolation interpolation) {
        Pixels wide =
                width == image.width() ? image : new Resampler(image.width(), width, interpolation).alongRows(image);
        return height == image.height()
                ? wide
                : new Resampler(image.height(), height, interpolation).alongColumns(wide);
    }

    private Pixels alongRows(Pixels image) {
        int width = starts.length;
        int channels = image.channels();
        byte[] target = new byte[image.height() * width * channels];
        for (int i = 0; i < target.length; i++) {
            int x = i / channels % width;
            int y = i / channels / width;
            int source = (y * image.width() + starts[x]) * channels + i % channels;
            target[i] = weighted(image.values(), source, channels, weights[x]);
        }
        return new Pixels(image.height(), width, channels, target);
    }

    private Pixels alongColumns(Pixels image) {
        int rowBytes = image.width() * image.channels();
        byte[] target = new byte[starts.length * rowBytes];
        for (int i = 0; i < target.length; i++) {
            int y = i / rowBytes;
            target[i] = weighted(image.values(), starts[y] * rowBytes + i % rowBytes, rowBytes, weights[y]);
        }
        return new Pixels(starts.length, image.width(), image.channels(), target);
    }

    /// Σ weight · value over values `step` apart, rounded half up and saturated.
    private static byte weighted(byte[] values, int start, int step, int[] weights) {
        int sum = 1 << (PRECISION - 1);
        int at = start;
        for (int weight : weights) {
            sum += weight * (values[at] & 0xff);
            at += step;
        }
        return (byte) Math.clamp(sum >> PRECISION, 0, 255);
    }
}
