package ai.vernier.bench.accuracy;

import ai.vernier.onnx.TensorData;

/// Short-time Fourier transform of 512 samples every 256, both ways with the root of a Hann window, so that overlapping
/// frames add up to the sound.
final class Spectrum {
    static final int SIZE = 512;
    static final int HOP = SIZE / 2;
    static final int BINS = SIZE / 2 + 1;

    private Spectrum() {}

    /// The frame that begins at sample `first`, float[1,257,1,2] of real and imaginary parts.
    static TensorData of(Sound sound, int first) {
        double[] real = new double[SIZE];
        double[] imaginary = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            real[i] = sound.at(first + i) * window(i);
        }
        transform(real, imaginary, -1);
        float[] values = new float[2 * BINS];
        for (int bin = 0; bin < BINS; bin++) {
            values[2 * bin] = (float) real[bin];
            values[2 * bin + 1] = (float) imaginary[bin];
        }
        return TensorData.ofFloats(values, 1, BINS, 1, 2);
    }

    /// Adds the sound of `frame`, whose numbers lie from `at` on in `values`, to `sum` from sample `first` on.
    static void addSound(float[] values, int at, float[] sum, int first) {
        double[] real = new double[SIZE];
        double[] imaginary = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            int bin = i < BINS ? i : SIZE - i;
            real[i] = values[at + 2 * bin];
            imaginary[i] = i < BINS ? values[at + 2 * bin + 1] : -values[at + 2 * bin + 1];
        }
        transform(real, imaginary, 1);
        for (int i = 0; i < SIZE; i++) {
            sum[first + i] += (float) (real[i] / SIZE * window(i));
        }
    }

    private static double window(int sample) {
        return Math.sin(Math.PI * sample / SIZE);
    }

    /// The discrete Fourier transform in place, radix 2 (Cooley and Tukey 1965), unscaled.
    ///
    /// @param sign of the exponent
    private static void transform(double[] real, double[] imaginary, int sign) {
        int bits = Integer.numberOfTrailingZeros(SIZE);
        for (int i = 0; i < SIZE; i++) {
            int j = Integer.reverse(i) >>> (Integer.SIZE - bits);
            if (i < j) {
                swap(real, i, j);
                swap(imaginary, i, j);
            }
        }
        for (int half = 1; half < SIZE; half *= 2) {
            for (int i = 0; i < SIZE; i++) {
                if ((i & half) == 0) {
                    double angle = sign * Math.PI * (i % half) / half;
                    butterfly(real, imaginary, new int[] {i, i + half}, angle);
                }
            }
        }
    }

    private static void swap(double[] values, int i, int j) {
        double kept = values[i];
        values[i] = values[j];
        values[j] = kept;
    }

    private static void butterfly(double[] real, double[] imaginary, int[] pair, double angle) {
        int a = pair[0];
        int b = pair[1];
        double turnedReal = real[b] * Math.cos(angle) - imaginary[b] * Math.sin(angle);
        double turnedImaginary = real[b] * Math.sin(angle) + imaginary[b] * Math.cos(angle);
        real[b] = real[a] - turnedReal;
        imaginary[b] = imaginary[a] - turnedImaginary;
        real[a] += turnedReal;
        imaginary[a] += turnedImaginary;
    }
}
