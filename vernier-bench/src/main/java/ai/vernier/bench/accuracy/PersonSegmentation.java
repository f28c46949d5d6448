package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.pipeline.Forward;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/// Intersection over union of the pixels that belong to persons, over all images together; the network's logits are
/// interpolated to the pixels. Decisions are those of the network's own, coarse pixels.
///
/// @param folder with `calibration` and `evaluation`, each of `images` and panoptic `masks`
record PersonSegmentation(Path folder) implements Task {
    private static final int SIZE = 513;
    private static final int PERSON = 1;
    private static final Value INPUT = Samples.floatInput("input", 1, SIZE, SIZE, 3);
    private static final Map<String, String> PREPROCESSING =
            Map.of("resize", SIZE + "x" + SIZE, "scale", "1/127.5", "mean", "1", "layout", "nhwc");

    @Override
    public SampleSource calibration(Forward network) throws IOException {
        return images("calibration");
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) throws IOException {
        return Samples.answers(images("evaluation"), network).stream()
                .map(outputs -> Map.of("segments", Task.output(outputs, "segments")))
                .toList();
    }

    private SampleSource images(String split) throws IOException {
        return Samples.images(Samples.files(folder.resolve(split).resolve("images")), INPUT, PREPROCESSING);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) throws IOException {
        List<Path> masks = Samples.files(folder.resolve("evaluation/masks"));
        List<Overlap> overlaps = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            BufferedImage mask = ImageIO.read(masks.get(i).toFile());
            overlaps.add(Overlap.of(Task.first(outputs.get(i)), mask.getRaster()));
        }
        long common = overlaps.stream().mapToLong(Overlap::common).sum();
        long either = overlaps.stream().mapToLong(Overlap::either).sum();
        return List.of(Measure.share("person IoU", (double) common / either));
    }

    @Override
    public Agreement agreement(Map<String, TensorData> reference, Map<String, TensorData> other) {
        float[] expected = Task.first(reference).toFloats();
        float[] found = Task.first(other).toFloats();
        long equal = 0;
        for (int i = 0; i < expected.length; i++) {
            equal += expected[i] > 0 == found[i] > 0 ? 1 : 0;
        }
        return new Agreement(equal, expected.length);
    }

    /// Pixels that both mask and network take for a person, and those that either does.
    record Overlap(long common, long either) {
        /// @param logits float[1,height,width,1]
        static Overlap of(TensorData logits, Raster mask) {
            int height = mask.getHeight();
            int width = mask.getWidth();
            Grid grid = new Grid(logits.toFloats(), (int) logits.dim(1), (int) logits.dim(2));
            long common = 0;
            long either = 0;
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    boolean person = mask.getSample(x, y, 0) == PERSON;
                    boolean found = grid.at((double) y / (height - 1), (double) x / (width - 1)) > 0;
                    common += person && found ? 1 : 0;
                    either += person || found ? 1 : 0;
                }
            }
            return new Overlap(common, either);
        }
    }

    /// Values at the corners of a lattice that spans the image, as networks of output stride 16 on 513 pixels have
    /// them.
    private static final class Grid {
        private final float[] values;
        private final int height;
        private final int width;

        Grid(float[] values, int height, int width) {
            this.values = values;
            this.height = height;
            this.width = width;
        }

        /// Bilinear between corners, from (0, 0) to (1, 1).
        double at(double down, double right) {
            double y = down * (height - 1);
            double x = right * (width - 1);
            int top = Math.min((int) y, height - 2);
            int left = Math.min((int) x, width - 2);
            double upper = between(top * width + left, x - left);
            double lower = between((top + 1) * width + left, x - left);
            return upper + (lower - upper) * (y - top);
        }

        private double between(int first, double part) {
            return values[first] + (values[first + 1] - (double) values[first]) * part;
        }
    }
}
