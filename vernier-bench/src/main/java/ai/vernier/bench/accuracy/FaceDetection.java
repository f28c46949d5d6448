package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.pipeline.Forward;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// Faces scored above 0.7 in photographs without labels: how many they are, and decisions that agree with the float
/// network's.
///
/// @param data with `faces` to judge by and `coco/calibration` to calibrate on
/// @param relative whether the network leaves it to the reader to add the [PriorBoxes]
record FaceDetection(Path data, boolean relative) implements Task {
    private static final double MIN_SCORE = 0.7;
    private static final double MAX_OVERLAP = 0.5;
    private static final Value INPUT = Samples.floatInput("input", 1, 3, 240, 320);
    private static final Map<String, String> PREPROCESSING = Map.of(
            "resize", "240x320",
            "interpolation", "bilinear-no-antialias",
            "scale", "1/128",
            "mean", "127/128");

    @Override
    public SampleSource calibration(Forward network) throws IOException {
        return images("coco/calibration/images");
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) throws IOException {
        return Samples.answers(images("faces"), network);
    }

    private SampleSource images(String folder) throws IOException {
        return Samples.images(Samples.files(data.resolve(folder)), INPUT, PREPROCESSING);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) {
        int faces = outputs.stream().mapToInt(output -> faces(output).size()).sum();
        return List.of(new Measure("faces", faces, 1));
    }

    @Override
    public Agreement agreement(Map<String, TensorData> reference, Map<String, TensorData> other) {
        return Detection.agreement(faces(reference), faces(other));
    }

    /// @param outputs `scores` float[1,boxes,2] of background and face, `boxes` float[1,boxes,4] in fractions
    private List<Detection> faces(Map<String, TensorData> outputs) {
        float[] scores = Task.output(outputs, "scores").toFloats();
        float[] boxes = Task.output(outputs, "boxes").toFloats();
        List<Box> priors = PriorBoxes.all();
        List<Detection> candidates = new ArrayList<>();
        for (int i = 0; i < scores.length / 2; i++) {
            if (scores[2 * i + 1] > MIN_SCORE) {
                Box box = relative
                        ? PriorBoxes.decode(priors.get(i), boxes, 4 * i)
                        : new Box(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]);
                candidates.add(new Detection(0, 0, scores[2 * i + 1], box));
            }
        }
        return suppressed(candidates);
    }

    private static List<Detection> suppressed(List<Detection> candidates) {
        candidates.sort(Comparator.comparingDouble(Detection::score).reversed());
        List<Detection> kept = new ArrayList<>();
        for (Detection candidate : candidates) {
            if (kept.stream().noneMatch(other -> other.box().overlap(candidate.box()) > MAX_OVERLAP)) {
                kept.add(candidate);
            }
        }
        return kept;
    }
}
