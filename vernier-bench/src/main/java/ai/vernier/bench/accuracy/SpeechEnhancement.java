package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.pipeline.Forward;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Scale-invariant signal to noise of speech in white noise at 5 dB, cleaned frame by frame with the network's caches
/// carried on: 20 seconds, after 10 others to calibrate on.
///
/// @param wav of 16 kHz
record SpeechEnhancement(Path wav) implements Task {
    private static final int RATE = 16_000;
    private static final double NOISE_DECIBELS = 5;
    private static final long SEED = 5;
    private static final int CALIBRATION_SECONDS = 10;
    private static final int SECONDS = 20;

    /// One frame in so many calibrates: neighbours are alike.
    private static final int STEP = 5;

    private static final Map<String, String> CACHES =
            Map.of("conv_cache", "conv_cache_out", "tra_cache", "tra_cache_out", "inter_cache", "inter_cache_out");

    @Override
    public SampleSource calibration(Forward network) throws IOException {
        List<Map<String, TensorData>> feeds = new ArrayList<>();
        Sound noisy = Sound.readWav(wav).part(0, CALIBRATION_SECONDS * RATE).withNoise(NOISE_DECIBELS, SEED);
        run(network, noisy, feeds);
        return new FeedSource(every(feeds));
    }

    private static List<Map<String, TensorData>> every(List<Map<String, TensorData>> feeds) {
        List<Map<String, TensorData>> some = new ArrayList<>();
        for (int i = 0; i < feeds.size(); i += STEP) {
            some.add(feeds.get(i));
        }
        return some;
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) throws IOException {
        Sound noisy = clean().withNoise(NOISE_DECIBELS, SEED + 1);
        return run(network, noisy, new ArrayList<>());
    }

    private Sound clean() throws IOException {
        return Sound.readWav(wav).part(CALIBRATION_SECONDS * RATE, SECONDS * RATE);
    }

    /// The cleaned spectrum of every frame; what the network was fed is added to `feeds`.
    private static List<Map<String, TensorData>> run(
            Forward network, Sound noisy, List<Map<String, TensorData>> feeds) {
        Map<String, TensorData> caches = new LinkedHashMap<>();
        caches.put("conv_cache", zeros(2, 1, 16, 16, 33));
        caches.put("tra_cache", zeros(2, 3, 1, 1, 16));
        caches.put("inter_cache", zeros(2, 1, 33, 16));
        List<Map<String, TensorData>> enhanced = new ArrayList<>();
        for (int first = 0; first + Spectrum.SIZE <= noisy.length(); first += Spectrum.HOP) {
            Map<String, TensorData> feed = new LinkedHashMap<>(caches);
            feed.put("mix", Spectrum.of(noisy, first));
            feeds.add(feed);
            Map<String, TensorData> outputs = network.run(feed);
            CACHES.forEach((input, output) -> caches.put(input, Task.output(outputs, output)));
            enhanced.add(Map.of("enh", Task.output(outputs, "enh")));
        }
        return enhanced;
    }

    private static TensorData zeros(long... dims) {
        return TensorData.ofFloats(new float[Math.toIntExact(TensorData.elementCount(dims))], dims);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) throws IOException {
        Sound clean = clean();
        float[] sum = new float[clean.length()];
        for (int frame = 0; frame < outputs.size(); frame++) {
            Spectrum.addSound(Task.first(outputs.get(frame)).toFloats(), 0, sum, frame * Spectrum.HOP);
        }
        return List.of(new Measure("SI-SNR (dB)", clean.siSnr(new Sound(sum)), 1));
    }

    @Override
    public Agreement agreement(Map<String, TensorData> reference, Map<String, TensorData> other) {
        return Agreement.NONE;
    }
}
