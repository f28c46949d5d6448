package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.Npy;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.pipeline.Forward;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Whether somebody speaks in a clip of one second: in some window the probability exceeds one half. Decisions are
/// those for every window; the network's state is carried on from window to window.
///
/// @param folder with `clips.npy`, `clip_labels.npy` (0 is silence), and `speech_60s.wav` to calibrate on
/// @param rateInput whether the network wants to be told the sample rate
record SpeechDetection(Path folder, boolean rateInput) implements Task {
    private static final int RATE = 16_000;
    private static final int WINDOW = 512;
    private static final int CONTEXT = 64;
    private static final float SPEECH = 0.5f;
    private static final int CALIBRATION_SECONDS = 10;

    /// One window in so many calibrates: neighbours are alike.
    private static final int STEP = 3;

    @Override
    public SampleSource calibration(Forward network) throws IOException {
        List<Map<String, TensorData>> feeds = new ArrayList<>();
        probabilities(
                network, Sound.readWav(folder.resolve("speech_60s.wav")).part(0, CALIBRATION_SECONDS * RATE), feeds);
        List<Map<String, TensorData>> some = new ArrayList<>();
        for (int i = 0; i < feeds.size(); i += STEP) {
            some.add(feeds.get(i));
        }
        return new FeedSource(some);
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) {
        TensorData clips = Npy.read(folder.resolve("clips.npy"));
        long[] samples = clips.toLongs();
        int length = Math.toIntExact(clips.dim(1));
        List<Map<String, TensorData>> outputs = new ArrayList<>();
        for (int start = 0; start < samples.length; start += length) {
            Sound clip = Sound.of(Arrays.copyOfRange(samples, start, start + length));
            outputs.add(Map.of("output", probabilities(network, clip, new ArrayList<>())));
        }
        return outputs;
    }

    /// The probability of speech in every window; what the network was fed is added to `feeds`.
    private TensorData probabilities(Forward network, Sound sound, List<Map<String, TensorData>> feeds) {
        TensorData state = TensorData.ofFloats(new float[256], 2, 1, 128);
        float[] probabilities = new float[sound.length() / WINDOW];
        for (int i = 0; i < probabilities.length; i++) {
            Map<String, TensorData> feed = new LinkedHashMap<>();
            feed.put("input", window(sound, i * WINDOW));
            feed.put("state", state);
            if (rateInput) {
                feed.put("sr", TensorData.ofLongs(new long[] {RATE}));
            }
            feeds.add(feed);
            Map<String, TensorData> outputs = network.run(feed);
            probabilities[i] = Task.output(outputs, "output").floatAt(0);
            state = Task.output(outputs, "stateN");
        }
        return TensorData.ofFloats(probabilities, probabilities.length);
    }

    /// 512 samples from `first` on, after the 64 before them, or zeros.
    private static TensorData window(Sound sound, int first) {
        float[] values = new float[CONTEXT + WINDOW];
        for (int i = 0; i < values.length; i++) {
            int at = first - CONTEXT + i;
            values[i] = at < 0 ? 0 : sound.at(at);
        }
        return TensorData.ofFloats(values, 1, values.length);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) {
        long[] labels = Npy.read(folder.resolve("clip_labels.npy")).toLongs();
        long right = 0;
        for (int i = 0; i < outputs.size(); i++) {
            boolean speech = false;
            for (float probability : Task.first(outputs.get(i)).toFloats()) {
                speech |= probability > SPEECH;
            }
            right += speech == (labels[i] != 0) ? 1 : 0;
        }
        return List.of(Measure.share("speech?", (double) right / outputs.size()));
    }

    @Override
    public Agreement agreement(Map<String, TensorData> reference, Map<String, TensorData> other) {
        float[] expected = Task.first(reference).toFloats();
        float[] found = Task.first(other).toFloats();
        long equal = 0;
        for (int i = 0; i < expected.length; i++) {
            equal += expected[i] > SPEECH == found[i] > SPEECH ? 1 : 0;
        }
        return new Agreement(equal, expected.length);
    }
}
