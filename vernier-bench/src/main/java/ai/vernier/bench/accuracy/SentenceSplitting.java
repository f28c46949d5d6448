package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import ai.vernier.pipeline.Forward;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// F1 of the sentence boundaries found at the spaces of texts that are sentences joined by a space.
///
/// @param file one text per line, its sentences separated by tabs; the first lines calibrate
record SentenceSplitting(Path file) implements Task {
    private static final int CALIBRATION = 53;
    private static final int PADDING = 5;

    /// The logit of a probability of 0.8.
    private static final double BOUNDARY = Math.log(0.8 / 0.2);

    @Override
    public SampleSource calibration(Forward network) throws IOException {
        return samples(texts().subList(0, CALIBRATION));
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) throws IOException {
        return Samples.answers(samples(evaluation()), network);
    }

    private List<String> texts() throws IOException {
        return Files.readAllLines(file);
    }

    private List<String> evaluation() throws IOException {
        List<String> texts = texts();
        return texts.subList(CALIBRATION, texts.size());
    }

    private static SampleSource samples(List<String> texts) {
        return new FeedSource(texts.stream()
                .map(text -> Map.of("input", padded(text.replace('\t', ' '))))
                .toList());
    }

    /// uint8[1,length] of an even length.
    private static TensorData padded(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length + 2 * PADDING;
        byte[] padded = new byte[length + length % 2];
        System.arraycopy(bytes, 0, padded, PADDING, bytes.length);
        return TensorData.ofBytes(DataType.UINT8, MemorySegment.ofArray(padded), 1, padded.length);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) throws IOException {
        List<String> texts = evaluation();
        Found found = Found.NOTHING;
        for (int i = 0; i < outputs.size(); i++) {
            found = found.plus(Found.of(texts.get(i), Task.first(outputs.get(i))));
        }
        return List.of(Measure.share("boundary F1", found.f1()));
    }

    @Override
    public Agreement agreement(Map<String, TensorData> reference, Map<String, TensorData> other) {
        float[] expected = Task.first(reference).toFloats();
        float[] found = Task.first(other).toFloats();
        long equal = 0;
        for (int i = 0; i < expected.length; i += 2) {
            equal += expected[i] > BOUNDARY == found[i] > BOUNDARY ? 1 : 0;
        }
        return new Agreement(equal, expected.length / 2);
    }

    /// Boundaries that are there and found, found, and there.
    record Found(long both, long claimed, long there) {
        static final Found NOTHING = new Found(0, 0, 0);

        /// @param logits float[1,length,2], of which the first decides
        static Found of(String text, TensorData logits) {
            float[] values = logits.toFloats();
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            Found sum = NOTHING;
            for (int i = 0; i < bytes.length; i++) {
                if (bytes[i] == ' ' || bytes[i] == '\t') {
                    boolean claimed = values[2 * (i + PADDING)] > BOUNDARY;
                    boolean there = bytes[i] == '\t';
                    sum = sum.plus(new Found(claimed && there ? 1 : 0, claimed ? 1 : 0, there ? 1 : 0));
                }
            }
            return sum;
        }

        Found plus(Found that) {
            return new Found(both + that.both, claimed + that.claimed, there + that.there);
        }

        /// The harmonic mean of precision and recall, `2·both / (claimed + there)`.
        double f1() {
            return 2.0 * both / (claimed + there);
        }
    }
}
