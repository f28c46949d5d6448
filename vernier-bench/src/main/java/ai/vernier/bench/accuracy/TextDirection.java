package ai.vernier.bench.accuracy;

import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.pipeline.Forward;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/// Whether a printed word stands upright: accuracy over words, each as it is and turned by 180°.
///
/// @param folder of PNG images
record TextDirection(Path folder) implements Task {
    private static final int HEIGHT = 48;
    private static final int WIDTH = 192;
    private static final int CALIBRATION = 50;

    @Override
    public SampleSource calibration(Forward network) throws IOException {
        return samples(words().subList(0, CALIBRATION));
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) throws IOException {
        List<Path> words = words();
        return Samples.answers(samples(words.subList(CALIBRATION, words.size())), network);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) {
        long right = 0;
        long sample = 0;
        for (Map<String, TensorData> output : outputs) {
            float[] scores = Task.first(output).toFloats();
            for (int i = 0; i < scores.length; i += 2, sample++) {
                boolean turned = scores[i + 1] > scores[i];
                right += turned == (sample % 2 == 1) ? 1 : 0;
            }
        }
        return List.of(Measure.share("upright?", (double) right / sample));
    }

    private List<Path> words() throws IOException {
        return Samples.files(folder).stream()
                .filter(file -> file.toString().endsWith(".png"))
                .toList();
    }

    /// Every word upright and then turned, at the left of a sheet of zeros.
    private static SampleSource samples(List<Path> words) throws IOException {
        float[] values = new float[words.size() * 2 * 3 * HEIGHT * WIDTH];
        int at = 0;
        for (Path word : words) {
            TensorData image = scaled(word);
            int width = Math.toIntExact(image.dim(3));
            float[] pixels = image.toFloats();
            for (boolean turned : new boolean[] {false, true}) {
                for (int i = 0; i < pixels.length; i++) {
                    int plane = i / (HEIGHT * width);
                    int pixel = i % (HEIGHT * width);
                    int from = plane * HEIGHT * width + (turned ? HEIGHT * width - 1 - pixel : pixel);
                    values[at + plane * HEIGHT * WIDTH + pixel / width * WIDTH + pixel % width] = pixels[from];
                }
                at += 3 * HEIGHT * WIDTH;
            }
        }
        return SampleSource.of(Map.of("x", TensorData.ofFloats(values, words.size() * 2L, 3, HEIGHT, WIDTH)));
    }

    /// BGR, −1 … 1, 48 pixels high and as wide as the proportions ask for, at most 192.
    private static TensorData scaled(Path word) throws IOException {
        BufferedImage image = ImageIO.read(word.toFile());
        int width = Math.min(WIDTH, (int) Math.ceil((double) HEIGHT * image.getWidth() / image.getHeight()));
        Map<String, String> preprocessing = Map.of(
                "resize", HEIGHT + "x" + width,
                "interpolation", "bilinear-no-antialias",
                "scale", "1/127.5",
                "mean", "1",
                "channels", "bgr");
        try (SampleSource one =
                Samples.images(List.of(word), Samples.floatInput("x", 1, 3, HEIGHT, width), preprocessing)) {
            return Samples.only(one.read(0, 1));
        }
    }
}
