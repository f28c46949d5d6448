package ai.vernier.bench;

import ai.vernier.data.Batch;
import ai.vernier.data.Crop;
import ai.vernier.data.DataSources;
import ai.vernier.data.ImageOptions;
import ai.vernier.data.Interpolation;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.Normalization;
import ai.vernier.data.Npy;
import ai.vernier.data.NpyWriter;
import ai.vernier.data.PixelFormat;
import ai.vernier.data.Preprocessing;
import ai.vernier.data.Resize;
import ai.vernier.data.SampleSource;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/// Turns labelled data sets into arrays as each network was trained on: `PrepareData DATA_DIR OUT_DIR` writes
/// `OUT_DIR/MODEL/calibration.npy`, `evaluation.npy` (both float32, samples first) and `labels.npy` (int64, of the
/// evaluation samples), where MODEL is the name of the model's file.
///
/// What is in DATA_DIR, and the preprocessing of each network, is written in its README.
public final class PrepareData {
    private static final Normalization IMAGENET = Preprocessing.IMAGENET.normalization();
    private static final Preprocessing AS_THEY_ARE = new Preprocessing(
            new Resize.Keep(), Interpolation.BILINEAR, new Crop.None(), IMAGENET, PixelFormat.NCHW_RGB);
    private static final Normalization CIFAR =
            new Normalization(1 / 255.0, List.of(0.4914, 0.4822, 0.4465), List.of(0.2023, 0.1994, 0.2010));
    private static final Normalization UNIT = new Normalization(1 / 255.0, List.of(0.0), List.of(1.0));

    private final Path data;
    private final Path out;

    PrepareData(Path data, Path out) {
        this.data = data;
        this.out = out;
    }

    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException("usage: PrepareData DATA_DIR OUT_DIR");
        }
        new PrepareData(Path.of(args[0]), Path.of(args[1])).prepareAll();
    }

    void prepareAll() throws IOException {
        imagenet("mobilenetv2_1.0_224");
        cifar("resnet20", IMAGENET);
        cifar("resnet8_mlperftiny", Normalization.RAW);
        cifar("vit_pgd_2_3_16", CIFAR);
        visualWakeWords("vww_mobilenetv1_0.25_96");
        keywords("kws_dscnn");
        digits("mnist_cntk_opset8");
    }

    private Path folder(String model) throws IOException {
        return Files.createDirectories(out.resolve(model));
    }

    /// The images are cropped already; `labels.tsv` has file, class, …, split.
    private void imagenet(String model) throws IOException {
        Path folder = folder(model);
        List<Path> calibration = new ArrayList<>();
        List<Path> evaluation = new ArrayList<>();
        List<Long> labels = new ArrayList<>();
        for (String line : Files.readAllLines(data.resolve("imagenet/labels.tsv"))) {
            String[] fields = line.split("\t", -1);
            Path image = data.resolve("imagenet/images").resolve(fields[0]);
            if (fields[4].equals("calibration")) {
                calibration.add(image);
            } else if (fields[4].equals("evaluation")) {
                evaluation.add(image);
                labels.add(Long.parseLong(fields[1]));
            }
        }
        writeImages(calibration, folder.resolve("calibration.npy"));
        writeImages(evaluation, folder.resolve("evaluation.npy"));
        long[] classes = labels.stream().mapToLong(Long::longValue).toArray();
        Npy.write(folder.resolve("labels.npy"), TensorData.ofLongs(classes, classes.length));
    }

    private static void writeImages(List<Path> images, Path file) throws IOException {
        ModelInputs input = new ModelInputs(List.of(Value.tensor("input", DataType.FLOAT, Shape.of(1, 3, 224, 224))));
        ImageOptions options = new ImageOptions(AS_THEY_ARE, 2);
        try (SampleSource source = DataSources.openImages(images, input, options);
                NpyWriter writer = NpyWriter.create(file, DataType.FLOAT, source.size(), 3, 224, 224)) {
            for (Batch batch : source.batches(10)) {
                for (TensorData tensor : batch.inputs().values()) {
                    writer.append(tensor);
                }
            }
            writer.finish();
        }
    }

    private void cifar(String model, Normalization normalization) throws IOException {
        Path cifar = data.resolve("cifar10");
        for (String split : List.of("calibration", "evaluation")) {
            TensorData images = Npy.read(cifar.resolve(split + "_images.npy"));
            Npy.write(folder(model).resolve(split + ".npy"), planes(images, normalization));
        }
        writeLabels(model, Npy.read(cifar.resolve("evaluation_labels.npy")));
    }

    private void visualWakeWords(String model) throws IOException {
        TensorData images = planes(Npy.read(data.resolve("vww/images.npy")), UNIT);
        split(model, images, Npy.read(data.resolve("vww/labels.npy")), 50);
    }

    /// Features are quantized: `x = (q − 83) · 0.5847029`.
    private void keywords(String model) throws IOException {
        TensorData features = Npy.read(data.resolve("kws/features.npy"));
        long[] codes = features.toLongs();
        float[] values = new float[codes.length];
        for (int i = 0; i < codes.length; i++) {
            values[i] = (codes[i] - 83) * 0.5847029f;
        }
        TensorData inputs = TensorData.ofFloats(values, features.dim(0), 1, features.dim(1), features.dim(2));
        split(model, inputs, Npy.read(data.resolve("kws/labels.npy")), 100);
    }

    private void digits(String model) throws IOException {
        TensorData images = idx(data.resolve("mnist/t10k-images-idx3-ubyte.gz"));
        TensorData labels = idx(data.resolve("mnist/t10k-labels-idx1-ubyte.gz"));
        long[] pixels = images.toLongs();
        float[] values = new float[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            values[i] = pixels[i];
        }
        split(model, TensorData.ofFloats(values, images.dim(0), 1, images.dim(1), images.dim(2)), labels, 100);
    }

    /// The first `calibration` samples calibrate, the others evaluate.
    private void split(String model, TensorData samples, TensorData labels, int calibration) throws IOException {
        int rest = Math.toIntExact(samples.dim(0)) - calibration;
        Path folder = folder(model);
        Npy.write(folder.resolve("calibration.npy"), rows(samples, 0, calibration));
        Npy.write(folder.resolve("evaluation.npy"), rows(samples, calibration, rest));
        writeLabels(model, rows(labels, calibration, rest));
    }

    private static TensorData rows(TensorData array, long first, int count) {
        try (SampleSource source = SampleSource.of(Map.of("rows", array))) {
            return source.read(first, count).inputs().values().iterator().next();
        }
    }

    private void writeLabels(String model, TensorData labels) throws IOException {
        long[] classes = labels.toLongs();
        Npy.write(folder(model).resolve("labels.npy"), TensorData.ofLongs(classes, classes.length));
    }

    /// `[N,H,W,C]` pixel values to normalized `[N,C,H,W]`.
    static TensorData planes(TensorData images, Normalization normalization) {
        long[] pixels = images.toLongs();
        int channels = Math.toIntExact(images.dim(3));
        int plane = Math.toIntExact(images.dim(1) * images.dim(2));
        float[] values = new float[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            int channel = i % channels;
            int pixel = i / channels % plane;
            int image = i / channels / plane;
            values[(image * channels + channel) * plane + pixel] = normalization.apply((int) pixels[i], channel);
        }
        return TensorData.ofFloats(values, images.dim(0), channels, images.dim(1), images.dim(2));
    }

    /// Reads a gzipped IDX file of unsigned bytes: two zero bytes, the type 8, the rank, the extents big-endian, the
    /// data.
    static TensorData idx(Path file) throws IOException {
        try (InputStream raw = Files.newInputStream(file);
                DataInputStream in = new DataInputStream(new GZIPInputStream(raw))) {
            int magic = in.readInt();
            if (magic >>> 8 != 8) {
                throw new IOException(file + ": expected an IDX file of unsigned bytes, found magic " + magic);
            }
            long[] dims = new long[magic & 0xff];
            for (int axis = 0; axis < dims.length; axis++) {
                dims[axis] = in.readInt();
            }
            byte[] bytes = in.readNBytes(Math.toIntExact(TensorData.elementCount(dims)));
            return TensorData.ofBytes(DataType.UINT8, MemorySegment.ofArray(bytes), dims);
        }
    }
}
