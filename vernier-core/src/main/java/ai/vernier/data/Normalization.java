package ai.vernier.data;

import java.util.List;

/// Pixel values to model values: `y = (x·scale − mean) / std` with x in 0 … 255.
///
/// @param mean one number for all channels, or one per channel in the model's channel order
/// @param std the same, none of them 0
public record Normalization(double scale, List<Double> mean, List<Double> std) {
    /// Raw pixel values 0 … 255.
    public static final Normalization RAW = new Normalization(1, List.of(0.0), List.of(1.0));

    public Normalization {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.isEmpty() || std.isEmpty() || std.contains(0.0) || std.contains(-0.0)) {
            throw new IllegalArgumentException("mean %s and std %s: expected numbers, std not 0".formatted(mean, std));
        }
    }

    /// Whether one or as many numbers are given as there are `channels`.
    boolean fits(int channels) {
        return (mean.size() == 1 || mean.size() == channels) && (std.size() == 1 || std.size() == channels);
    }

    /// The model value of pixel value `x`, 0 … 255, in `channel`, computed in double and rounded once.
    public float apply(int x, int channel) {
        double channelMean = mean.get(mean.size() == 1 ? 0 : channel);
        double channelStd = std.get(std.size() == 1 ? 0 : channel);
        return (float) ((x * scale - channelMean) / channelStd);
    }

    /// Model values of the 256 pixel values in `channel`.
    float[] table(int channel) {
        float[] table = new float[256];
        for (int x = 0; x < table.length; x++) {
            table[x] = apply(x, channel);
        }
        return table;
    }
}
