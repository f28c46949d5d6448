package ai.vernier.bench.accuracy;

import ai.vernier.data.Agreement;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.pipeline.Forward;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/// AP50 of a YOLOX of 416 pixels on COCO images: `images/NAME.jpg` and `labels/NAME.txt` with one line `category
/// centreX centreY width height` per object, in fractions of the image. Decisions are the objects scored at
/// least 0.3.
///
/// @param folder with `calibration` and `evaluation`
record ObjectDetection(Path folder) implements Task {
    private static final int SIZE = 416;
    private static final Value INPUT = Samples.floatInput("images", 1, 3, SIZE, SIZE);
    private static final double DECIDED = 0.3;

    /// The image in the top left corner of a sheet of gray, BGR, 0 … 255.
    private static final Map<String, String> PREPROCESSING = Map.of(
            "resize", "letterbox:416x416:114:top-left",
            "interpolation", "bilinear-no-antialias",
            "scale", "1",
            "channels", "bgr");

    @Override
    public SampleSource calibration(Forward network) throws IOException {
        return Samples.images(images("calibration"), INPUT, PREPROCESSING);
    }

    @Override
    public List<Map<String, TensorData>> outputs(Forward network) throws IOException {
        return Samples.answers(Samples.images(images("evaluation"), INPUT, PREPROCESSING), network);
    }

    @Override
    public List<Measure> measures(List<Map<String, TensorData>> outputs) throws IOException {
        List<Detection> detections = new ArrayList<>();
        List<Truth> truths = new ArrayList<>();
        List<Path> images = images("evaluation");
        for (int image = 0; image < outputs.size(); image++) {
            Extent extent = extent(images.get(image));
            detections.addAll(new YoloxDecoder(SIZE).decode(Task.first(outputs.get(image)), image, extent.scale()));
            truths.addAll(truths(image, images.get(image), extent));
        }
        return List.of(Measure.share("AP50", new AveragePrecision(0.5).of(detections, truths)));
    }

    @Override
    public Agreement agreement(Map<String, TensorData> reference, Map<String, TensorData> other) {
        return Detection.agreement(decided(reference), decided(other));
    }

    private static List<Detection> decided(Map<String, TensorData> outputs) {
        return new YoloxDecoder(SIZE)
                .decode(Task.first(outputs), 0, 1).stream()
                        .filter(detection -> detection.score() >= DECIDED)
                        .toList();
    }

    private List<Path> images(String split) throws IOException {
        return Samples.files(folder.resolve(split).resolve("images"));
    }

    /// Pixels of an image.
    private record Extent(int width, int height) {
        /// Pixels of the network's input per pixel of the image.
        double scale() {
            return Math.min((double) SIZE / height, (double) SIZE / width);
        }
    }

    private static Extent extent(Path image) throws IOException {
        try (ImageInputStream in = ImageIO.createImageInputStream(image.toFile())) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            ImageReader reader = readers.next();
            reader.setInput(in, true, true);
            Extent extent = new Extent(reader.getWidth(0), reader.getHeight(0));
            reader.dispose();
            return extent;
        }
    }

    private List<Truth> truths(int image, Path file, Extent extent) throws IOException {
        String name = file.getFileName().toString().replaceFirst("[.][a-z]+$", ".txt");
        List<Truth> truths = new ArrayList<>();
        for (String line :
                Files.readAllLines(folder.resolve("evaluation/labels").resolve(name))) {
            String[] fields = line.strip().split(" ", -1);
            Box box = Box.around(
                    Double.parseDouble(fields[1]) * extent.width(),
                    Double.parseDouble(fields[2]) * extent.height(),
                    Double.parseDouble(fields[3]) * extent.width(),
                    Double.parseDouble(fields[4]) * extent.height());
            truths.add(new Truth(image, Integer.parseInt(fields[0]), box));
        }
        return truths;
    }
}
