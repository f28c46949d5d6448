package ai.vernier.cli;

import ai.vernier.data.DataSources;
import ai.vernier.data.ImageOptions;
import ai.vernier.data.ModelInputs;
import ai.vernier.data.Preprocessing;
import ai.vernier.data.SampleSource;
import ai.vernier.pipeline.QuantizedFolder;
import ai.vernier.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say how images become tensors; other data is expected to be preprocessed already.
final class ImageFlags {
    @Option(
            names = "--resize",
            paramLabel = "SIZE",
            description = "256 (shorter side), 224x192 (height x width), letterbox:416x416:114:top-left.")
    private @Nullable String resize;

    @Option(
            names = "--interpolation",
            paramLabel = "NAME",
            description = "bilinear, bicubic or bilinear-no-antialias. Default: bilinear.")
    private @Nullable String interpolation;

    @Option(names = "--crop", paramLabel = "SIZE", description = "The middle: 224 or 224x192 (height x width).")
    private @Nullable String crop;

    @Option(names = "--scale", paramLabel = "X", description = "Pixels 0…255 times this. Default: 1/255.")
    private @Nullable String scale;

    @Option(names = "--mean", paramLabel = "R,G,B", description = "Subtracted after scaling. Default: 0.")
    private @Nullable String mean;

    @Option(names = "--std", paramLabel = "R,G,B", description = "Divided by after the mean. Default: 1.")
    private @Nullable String std;

    @Option(names = "--layout", paramLabel = "nchw|nhwc", description = "Order of the axes. Default: nchw.")
    private @Nullable String layout;

    @Option(names = "--channels", paramLabel = "rgb|bgr|gray", description = "Channel order. Default: rgb.")
    private @Nullable String channels;

    /// Opens `data` for a model with these inputs, images by these settings and everything else as it is.
    ///
    /// @param settings by the names that recipes use; empty where there are no images
    /// @param threads images decoded at the same time
    /// @throws ai.vernier.onnx.InvalidInputException with everything that does not fit
    static SampleSource open(Path data, ModelInputs inputs, Map<String, String> settings, int threads) {
        return settings.isEmpty()
                ? DataSources.open(data, inputs)
                : DataSources.open(data, inputs, new ImageOptions(Preprocessing.parse(settings), threads));
    }

    /// The settings of the flags, and for what they leave open those that the folder of a quantized model records.
    Map<String, String> orRecorded(Path place) {
        Path recipe = place.resolve(QuantizedFolder.RECIPE);
        return over(Files.isRegularFile(recipe) ? Recipe.read(recipe).preprocessing() : Map.of());
    }

    /// The settings of the flags, and for what they leave open those of `recorded`.
    Map<String, String> over(Map<String, String> recorded) {
        Map<String, String> settings = new LinkedHashMap<>(recorded);
        put(settings, "resize", resize);
        put(settings, "interpolation", interpolation);
        put(settings, "crop", crop);
        put(settings, "scale", scale);
        put(settings, "mean", mean);
        put(settings, "std", std);
        put(settings, "layout", layout);
        put(settings, "channels", channels);
        return settings;
    }

    private static void put(Map<String, String> settings, String name, @Nullable String value) {
        if (value != null) {
            settings.put(name, value);
        }
    }
}
