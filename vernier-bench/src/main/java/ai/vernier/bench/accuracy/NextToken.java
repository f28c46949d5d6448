package ai.vernier.bench.accuracy;

import ai.vernier.data.Npy;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.pipeline.Forward;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Loss −ln p(next token), in nats, and share of right first guesses of a language model on windows of 128 tokens.
///
/// @param folder with `calibration_tokens.npy` and `evaluation_tokens.npy`, of 129 tokens per row
record NextToken(Path folder) implements Task {
    @Override
    public SampleSource calibration(Forward network) {
        return windows("calibration");
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) {
        return Samples.answers(windows("evaluation"), network);
    }

    private SampleSource windows(String split) {
        TensorData rows = rows(split);
        long[] tokens = rows.toLongs();
        int width = Math.toIntExact(rows.dim(1));
        long[] inputs = new long[tokens.length / width * (width - 1)];
        for (int row = 0; row < rows.dim(0); row++) {
            System.arraycopy(tokens, row * width, inputs, row * (width - 1), width - 1);
        }
        return SampleSource.of(Map.of("tokens", TensorData.ofLongs(inputs, rows.dim(0), width - 1L)));
    }

    private TensorData rows(String split) {
        return Npy.read(folder.resolve(split + "_tokens.npy"));
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) {
        TensorData rows = rows("evaluation");
        long[] tokens = rows.toLongs();
        int width = Math.toIntExact(rows.dim(1));
        List<Guess> guesses = new ArrayList<>();
        for (Map<String, TensorData> output : outputs) {
            TensorData logits = Task.first(output);
            float[] values = logits.toFloats();
            int choices = Math.toIntExact(logits.dim(2));
            for (int at = 0; at < values.length; at += choices) {
                int row = guesses.size() / (width - 1);
                int target = (int) tokens[row * width + guesses.size() % (width - 1) + 1];
                guesses.add(Guess.of(Arrays.copyOfRange(values, at, at + choices), target));
            }
        }
        double loss = guesses.stream().mapToDouble(Guess::loss).average().orElse(Double.NaN);
        double right = guesses.stream()
                .mapToDouble(guess -> guess.right() ? 1 : 0)
                .average()
                .orElse(Double.NaN);
        return List.of(new Measure("loss (nats)", loss, -1), Measure.share("next token", right));
    }

    /// How well one set of logits foresaw a token.
    ///
    /// @param loss −ln of the token's share in softmax(logits)
    /// @param right whether the token has the highest logit
    record Guess(double loss, boolean right) {
        static Guess of(float[] logits, int token) {
            double highest = Double.NEGATIVE_INFINITY;
            for (float logit : logits) {
                highest = Math.max(highest, logit);
            }
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp(logit - highest);
            }
            return new Guess(highest + Math.log(sum) - logits[token], logits[token] == highest);
        }
    }
}
