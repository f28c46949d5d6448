package ai.vernier.bench.accuracy;

import ai.vernier.data.DataSources;
import ai.vernier.data.Labels;
import ai.vernier.data.Metric;
import ai.vernier.data.Metrics;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.SampleSource;
import ai.vernier.data.Score;
import ai.vernier.onnx.TensorData;
import ai.vernier.pipeline.Forward;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Top-1 over arrays that [ai.vernier.bench.PrepareData] wrote.
///
/// @param folder with `calibration.npy`, `evaluation.npy` and `labels.npy`
record Classification(Path folder, ModelInputs inputs) implements Task {
    @Override
    public SampleSource calibration(Forward network) {
        return DataSources.open(folder.resolve("calibration.npy"), inputs);
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) {
        return Samples.answers(DataSources.open(folder.resolve("evaluation.npy"), inputs), network);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) {
        Metric top1 = Metrics.parse("top1").getFirst();
        Labels labels = Labels.read(folder.resolve("labels.npy"));
        Score score = Score.none(top1.name());
        long first = 0;
        for (Map<String, TensorData> output : outputs) {
            TensorData scores = Task.first(output);
            int count = Math.toIntExact(scores.dim(0));
            score = score.merge(top1.measure(scores, labels.range(first, count)));
            first += count;
        }
        return List.of(Measure.share("top-1", score.value()));
    }
}
