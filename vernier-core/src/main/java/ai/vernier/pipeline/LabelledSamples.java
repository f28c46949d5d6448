package ai.vernier.pipeline;

import ai.vernier.data.Labels;
import ai.vernier.data.SampleSource;

/// Samples with their true classes, to be judged `batch` at a time.
///
/// @param batch at least 1; cut to what the model's inputs allow
public record LabelledSamples(SampleSource samples, Labels labels, int batch) {
    /// @throws ai.vernier.onnx.InvalidInputException where there is not one label per sample
    public LabelledSamples {
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be at least 1, found " + batch);
        }
        labels.requireSize(samples.size());
    }
}
