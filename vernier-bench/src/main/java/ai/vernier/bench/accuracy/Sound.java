package ai.vernier.bench.accuracy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/// One channel of sound, −1 … 1.
final class Sound {
    private static final int WAV_HEADER_BYTES = 44;
    private static final double FULL_SCALE = 32768;

    private final float[] samples;

    Sound(float... samples) {
        this.samples = samples.clone();
    }

    /// A WAV file of 16-bit samples in one channel, without extra chunks.
    static Sound readWav(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        float[] samples = new float[(bytes.length - WAV_HEADER_BYTES) / 2];
        for (int i = 0; i < samples.length; i++) {
            int at = WAV_HEADER_BYTES + 2 * i;
            samples[i] = (float) ((short) ((bytes[at] & 0xff) | (bytes[at + 1] << 8)) / FULL_SCALE);
        }
        return new Sound(samples);
    }

    /// 16-bit samples.
    static Sound of(long... values) {
        float[] samples = new float[values.length];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) (values[i] / FULL_SCALE);
        }
        return new Sound(samples);
    }

    int length() {
        return samples.length;
    }

    float at(int sample) {
        return samples[sample];
    }

    Sound part(int first, int count) {
        return new Sound(Arrays.copyOfRange(samples, first, first + count));
    }

    /// With white noise, `decibels` below the sound.
    Sound withNoise(double decibels, long seed) {
        double power = 0;
        for (float sample : samples) {
            power += (double) sample * sample;
        }
        double deviation = Math.sqrt(power / samples.length / Math.pow(10, decibels / 10));
        Random random = new Random(seed);
        float[] noisy = new float[samples.length];
        for (int i = 0; i < noisy.length; i++) {
            noisy[i] = (float) (samples[i] + deviation * random.nextGaussian());
        }
        return new Sound(noisy);
    }

    /// Scale-invariant signal to noise in dB of `estimate`, of which this is the clean sound: with the part of the
    /// estimate along this as signal, and the rest as noise (Le Roux et al. 2019,
    /// [SDR](https://arxiv.org/abs/1811.02508)).
    double siSnr(Sound estimate) {
        double product = 0;
        double power = 0;
        double estimatePower = 0;
        for (int i = 0; i < samples.length; i++) {
            product += (double) samples[i] * estimate.samples[i];
            power += (double) samples[i] * samples[i];
            estimatePower += (double) estimate.samples[i] * estimate.samples[i];
        }
        double signal = product * product / power;
        return 10 * Math.log10(signal / (estimatePower - signal));
    }
}
