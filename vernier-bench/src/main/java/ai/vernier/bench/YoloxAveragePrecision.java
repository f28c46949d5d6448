package ai.vernier.bench;

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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/// AP50 of YOLOX-nano on a folder of COCO images: `images/NAME.jpg` and `labels/NAME.txt` with one line
/// `category centreX centreY width height` per object, in fractions of the image.
public final class YoloxAveragePrecision {
    /// The network's input: the image in the top left corner of a sheet of gray, BGR, 0 … 255.
    public static final Preprocessing PREPROCESSING = Preprocessing.parse(Map.of(
            "resize", "letterbox:416x416:114:top-left",
            "interpolation", "bilinear-no-antialias",
            "scale", "1",
            "channels", "bgr"));

    private static final int SIZE = 416;
    private static final ModelInputs INPUT =
            new ModelInputs(List.of(Value.tensor("images", DataType.FLOAT, Shape.of(1, 3, SIZE, SIZE))));

    private final Path folder;
    private final List<Path> images;

    /// @param folder with `images` and `labels`
    public YoloxAveragePrecision(Path folder) throws IOException {
        this.folder = folder;
        try (Stream<Path> files = Files.list(folder.resolve("images"))) {
            this.images = files.sorted().toList();
        }
    }

    /// The images as the network takes them, in the order of their names.
    public SampleSource samples() {
        return DataSources.openImages(images, INPUT, new ImageOptions(PREPROCESSING, 2));
    }

    /// AP50, 0 … 1.
    ///
    /// @param network from float[1,3,416,416] to float[1,3549,85]
    public double score(UnaryOperator<TensorData> network) throws IOException {
        List<Detection> detections = new ArrayList<>();
        List<Truth> truths = new ArrayList<>();
        YoloxDecoder decoder = new YoloxDecoder(SIZE);
        try (SampleSource samples = samples()) {
            for (Batch batch : samples.batches(1)) {
                int image = (int) batch.first();
                TensorData input = batch.inputs().values().iterator().next();
                Extent extent = extent(images.get(image));
                detections.addAll(decoder.decode(network.apply(input), image, extent.scale()));
                truths.addAll(truths(image, extent));
            }
        }
        return new AveragePrecision(0.5).of(detections, truths);
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

    private List<Truth> truths(int image, Extent extent) throws IOException {
        String name = images.get(image).getFileName().toString().replaceFirst("[.][a-z]+$", ".txt");
        List<Truth> truths = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("labels").resolve(name))) {
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
