package ai.vernier.bench.accuracy;

import ai.vernier.data.Batch;
import ai.vernier.data.DataSources;
import ai.vernier.data.ImageOptions;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.Preprocessing;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.pipeline.Forward;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Samples as networks take them, and what networks answer to them.
final class Samples {
    /// Kept small, since an answer may be large.
    private static final int BATCH = 8;

    private Samples() {}

    /// The files of a folder by name.
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /// Images as float tensors of `shape`, one sample each.
    static SampleSource images(List<Path> files, Value input, Map<String, String> preprocessing) {
        ImageOptions options = new ImageOptions(Preprocessing.parse(preprocessing), 2);
        return DataSources.openImages(files, new ModelInputs(List.of(input)), options);
    }

    static Value floatInput(String name, long... shape) {
        return Value.tensor(name, DataType.FLOAT, Shape.of(shape));
    }

    /// The only input of a batch.
    static TensorData only(Batch batch) {
        return batch.inputs().values().iterator().next();
    }

    /// Runs `network` over all samples; closes them.
    static List<Map<String, TensorData>> answers(SampleSource samples, Forward network) {
        List<Map<String, TensorData>> answers = new ArrayList<>();
        try (samples) {
            for (Batch batch : samples.batches(BATCH)) {
                answers.add(network.run(batch.inputs()));
            }
        }
        return answers;
    }
}
