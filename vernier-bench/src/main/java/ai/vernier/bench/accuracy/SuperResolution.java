package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.Difference;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.pipeline.Forward;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Mean PSNR on luma of images that were shrunk to a third and restored, a border of 3 pixels left out: Set5, with
/// photographs to calibrate on.
///
/// @param data with `superres/Set5` and `imagenet`
record SuperResolution(Path data) implements Task {
    private static final int FACTOR = 3;
    private static final int BORDER = 3;
    private static final int CALIBRATION = 32;

    @Override
    public SampleSource calibration(Forward network) throws IOException {
        return small(Samples.files(data.resolve("imagenet/images")).subList(0, CALIBRATION));
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) throws IOException {
        return Samples.answers(small(set5()), network);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) throws IOException {
        List<Path> images = set5();
        double sum = 0;
        for (int i = 0; i < outputs.size(); i++) {
            Luma expected = Luma.read(images.get(i)).multipleOf(FACTOR).inside(BORDER);
            Luma found = Luma.of(Task.first(outputs.get(i))).inside(BORDER);
            sum += Difference.of(expected.tensor(), found.tensor()).psnr(1);
        }
        return List.of(new Measure("PSNR (dB)", sum / outputs.size(), 1));
    }

    @Override
    public Agreement agreement(Map<String, TensorData> reference, Map<String, TensorData> other) {
        return Agreement.NONE;
    }

    private List<Path> set5() throws IOException {
        return Samples.files(data.resolve("superres/Set5"));
    }

    private static SampleSource small(List<Path> images) throws IOException {
        List<Map<String, TensorData>> feeds = new ArrayList<>();
        for (Path image : images) {
            feeds.add(Map.of(
                    "input", Luma.read(image).multipleOf(FACTOR).shrunk(FACTOR).tensor()));
        }
        return new FeedSource(feeds);
    }
}
