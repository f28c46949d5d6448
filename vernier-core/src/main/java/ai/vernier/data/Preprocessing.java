package ai.vernier.data;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/// How an image becomes a model input: gray or colour → resize → crop → normalize → layout.
public record Preprocessing(
        Resize resize, Interpolation interpolation, Crop crop, Normalization normalization, PixelFormat format) {
    /// What classifiers of ImageNet are usually fed: shorter side 256, centre 224×224, RGB, NCHW,
    /// ImageNet's mean and deviation.
    public static final Preprocessing IMAGENET = new Preprocessing(
            new Resize.ShortSide(256),
            Interpolation.BILINEAR,
            new Crop.Center(224, 224),
            new Normalization(1 / 255.0, List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225)),
            PixelFormat.NCHW_RGB);

    public Preprocessing {
        if (!normalization.fits(format.channels().count())) {
            throw new IllegalArgumentException(
                    "%s does not fit %s: give mean and std once or once per channel".formatted(normalization, format));
        }
    }

    /// Reads the settings of a recipe or of flags; see [PreprocessingText] for what can be written.
    /// Settings left out: no resize, no crop, bilinear, scale 1/255, mean 0, std 1, nchw, rgb.
    ///
    /// @throws InvalidInputException with all settings that are unknown or unreadable
    public static Preprocessing parse(Map<String, String> settings) {
        return PreprocessingText.parse(settings);
    }

    /// The settings from which [#parse] makes the same preprocessing, all of them, in a fixed order.
    public Map<String, String> settings() {
        return PreprocessingText.settings(this);
    }

    /// UINT8 where pixel values stay as they are, else FLOAT.
    DataType dataType() {
        return normalization.equals(Normalization.RAW) ? DataType.UINT8 : DataType.FLOAT;
    }

    /// One sample, `[1,C,H,W]` or `[1,H,W,C]`, of an RGB image.
    ///
    /// @param place the image's file, for messages
    /// @throws InvalidInputException where the image is smaller than the crop, or becomes too large
    TensorData apply(Pixels rgb, String place) {
        Pixels image = format.channels() == PixelFormat.Channels.GRAY ? rgb.luma() : rgb;
        return tensor(cropped(resized(image, place), place));
    }

    private Pixels resized(Pixels image, String place) {
        return switch (resize) {
            case Resize.Keep() -> image;
            case Resize.ShortSide(int size) -> {
                long shorter = Math.min(image.height(), image.width());
                yield resampled(
                        image, (long) size * image.height() / shorter, (long) size * image.width() / shorter, place);
            }
            case Resize.Exact(int height, int width) -> resampled(image, height, width, place);
            case Resize.Letterbox letterbox -> letterboxed(image, letterbox, place);
        };
    }

    /// Rows are resampled first, which leaves an image of the old height and the new width between.
    private Pixels resampled(Pixels image, long height, long width, String place) {
        Pixels.checkCount(Math.max(height, image.height()), width, place);
        return Resampler.resize(image, (int) height, (int) width, interpolation);
    }

    private Pixels letterboxed(Pixels image, Resize.Letterbox box, String place) {
        double ratio = Math.min((double) box.height() / image.height(), (double) box.width() / image.width());
        int height = Math.max(1, (int) (image.height() * ratio));
        int width = Math.max(1, (int) (image.width() * ratio));
        boolean centred = box.placement() == Resize.Placement.CENTER;
        int top = centred ? (box.height() - height) / 2 : 0;
        int left = centred ? (box.width() - width) / 2 : 0;
        Pixels.checkCount(box.height(), box.width(), place);
        Pixels sheet = Pixels.filled(box.height(), box.width(), image.channels(), box.fill());
        return resampled(image, height, width, place).placed(top, left, sheet);
    }

    private Pixels cropped(Pixels image, String place) {
        return switch (crop) {
            case Crop.None() -> image;
            case Crop.Center(int height, int width) -> {
                if (image.height() < height || image.width() < width) {
                    throw new InvalidInputException(
                            "%s: has %dx%d pixels (height x width) after resizing, the crop needs %dx%d; resize it to more"
                                    .formatted(place, image.height(), image.width(), height, width));
                }
                int top = (int) Math.rint((image.height() - height) / 2.0);
                int left = (int) Math.rint((image.width() - width) / 2.0);
                yield image.cropped(top, left, height, width);
            }
        };
    }

    private TensorData tensor(Pixels image) {
        byte[] ordered = ordered(image);
        long[] dims = format.layout() == PixelFormat.Layout.NCHW
                ? new long[] {1, image.channels(), image.height(), image.width()}
                : new long[] {1, image.height(), image.width(), image.channels()};
        if (dataType() == DataType.UINT8) {
            return TensorData.ofBytes(DataType.UINT8, MemorySegment.ofArray(ordered), dims);
        }
        float[] values = new float[ordered.length];
        int plane = image.height() * image.width();
        boolean planes = format.layout() == PixelFormat.Layout.NCHW;
        for (int channel = 0; channel < image.channels(); channel++) {
            float[] table = normalization.table(channel);
            int step = planes ? 1 : image.channels();
            int start = planes ? channel * plane : channel;
            for (int i = 0; i < plane; i++) {
                values[start + i * step] = table[Byte.toUnsignedInt(ordered[start + i * step])];
            }
        }
        return TensorData.ofFloats(values, dims);
    }

    /// The bytes in the model's channel order and layout.
    private byte[] ordered(Pixels image) {
        int channels = image.channels();
        int plane = image.height() * image.width();
        boolean planes = format.layout() == PixelFormat.Layout.NCHW;
        boolean reversed = format.channels() == PixelFormat.Channels.BGR;
        byte[] ordered = new byte[plane * channels];
        for (int i = 0; i < ordered.length; i++) {
            int pixel = planes ? i % plane : i / channels;
            int channel = planes ? i / plane : i % channels;
            ordered[i] = image.values()[pixel * channels + (reversed ? channels - 1 - channel : channel)];
        }
        return ordered;
    }
}
