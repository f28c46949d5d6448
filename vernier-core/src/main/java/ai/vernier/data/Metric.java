package ai.vernier.data;

import ai.vernier.onnx.TensorData;

/// How well a model's output fits the labels; measured batch by batch and merged.
public interface Metric {
    /// As the user writes it, `top1` for instance.
    String name();

    /// Judges one batch of outputs.
    ///
    /// @param output the output that is scored, its first axis counting samples
    /// @param labels the true class of each sample
    /// @throws ai.vernier.onnx.InvalidInputException where output and labels do not fit the metric
    Score measure(TensorData output, long[] labels);
}
