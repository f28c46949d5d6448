package ai.vernier.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The written form of a [Preprocessing]. A letterbox has size, fill (0 if left out) and `center` (if left
/// out) or `top-left`.
///
/// | setting | values (sizes as HEIGHTxWIDTH, or one number for both) |
/// |---|---|
/// | `resize` | `none`, `256` (the shorter side), `224x224`, `letterbox:416x416:114:top-left` |
/// | `interpolation` | `bilinear`, `bicubic`, `bilinear-no-antialias` |
/// | `crop` | `none`, `224`, `224x192` (from the centre) |
/// | `scale` | a number or fraction, `1/255` |
/// | `mean`, `std` | one number, or one per channel with commas; `y = (x·scale − mean) / std` |
/// | `layout` | `nchw`, `nhwc` |
/// | `channels` | `rgb`, `bgr`, `gray` |
final class PreprocessingText {
    private static final Map<String, String> DEFAULTS = defaults();
    private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,4})(?:x([1-9][0-9]{0,4}))?");
    private static final Pattern LETTERBOX =
            Pattern.compile("letterbox:([1-9][0-9x]{0,10})(?::([0-9]{1,3}))?(?::(center|top-left))?");

    private final Map<String, String> settings;
    private final List<String> problems = new ArrayList<>();

    private PreprocessingText(Map<String, String> given) {
        this.settings = new LinkedHashMap<>(DEFAULTS);
        given.forEach((key, value) -> {
            if (settings.replace(key, value.strip().toLowerCase(Locale.ROOT)) == null) {
                problems.add("preprocessing: '%s' is unknown; known: %s".formatted(key, DEFAULTS.keySet()));
            }
        });
    }

    private static Map<String, String> defaults() {
        Map<String, String> defaults = new LinkedHashMap<>();
        defaults.put("resize", "none");
        defaults.put("interpolation", "bilinear");
        defaults.put("crop", "none");
        defaults.put("scale", "1/255");
        defaults.put("mean", "0");
        defaults.put("std", "1");
        defaults.put("layout", "nchw");
        defaults.put("channels", "rgb");
        return defaults;
    }

    static Preprocessing parse(Map<String, String> given) {
        PreprocessingText text = new PreprocessingText(given);
        Resize resize = text.read("resize", PreprocessingText::resize, new Resize.Keep());
        Interpolation interpolation =
                text.read("interpolation", PreprocessingText::interpolation, Interpolation.BILINEAR);
        Crop crop = text.read("crop", PreprocessingText::crop, new Crop.None());
        double scale = text.read("scale", PreprocessingText::fraction, 1.0);
        List<Double> mean = text.read("mean", PreprocessingText::numbers, List.of(0.0));
        List<Double> std = text.read("std", PreprocessingText::divisors, List.of(1.0));
        PixelFormat format = new PixelFormat(
                text.read("layout", value -> constant(PixelFormat.Layout.values(), value), PixelFormat.Layout.NCHW),
                text.read(
                        "channels", value -> constant(PixelFormat.Channels.values(), value), PixelFormat.Channels.RGB));
        Normalization normalization = new Normalization(scale, mean, std);
        if (!normalization.fits(format.channels().count())) {
            text.problems.add("preprocessing: mean %s and std %s for %s; give one number, or one per channel"
                    .formatted(mean, std, format.channels()));
        }
        ProblemList.throwIfAny(text.problems);
        return new Preprocessing(resize, interpolation, crop, normalization, format);
    }

    private <T> T read(String key, Function<String, T> reader, T otherwise) {
        String value = settings.getOrDefault(key, "");
        try {
            return reader.apply(value);
        } catch (IllegalArgumentException e) {
            problems.add("preprocessing: %s '%s': %s".formatted(key, value, e.getMessage()));
            return otherwise;
        }
    }

    private static Resize resize(String value) {
        if (value.equals("none")) {
            return new Resize.Keep();
        }
        Matcher letterbox = LETTERBOX.matcher(value);
        if (letterbox.matches()) {
            int[] size = size(letterbox.group(1));
            int fill = letterbox.group(2) == null ? 0 : Integer.parseInt(letterbox.group(2));
            boolean corner = "top-left".equals(letterbox.group(3));
            return new Resize.Letterbox(
                    size[0], size[1], fill, corner ? Resize.Placement.TOP_LEFT : Resize.Placement.CENTER);
        }
        int[] size = size(value);
        return value.contains("x") ? new Resize.Exact(size[0], size[1]) : new Resize.ShortSide(size[0]);
    }

    private static Crop crop(String value) {
        if (value.equals("none")) {
            return new Crop.None();
        }
        int[] size = size(value);
        return new Crop.Center(size[0], size[1]);
    }

    private static int[] size(String value) {
        Matcher size = SIZE.matcher(value);
        if (!size.matches()) {
            throw new IllegalArgumentException(
                    "expected none, a size such as 224 or 224x192 (height x width), or for resize letterbox:416x416");
        }
        int height = Integer.parseInt(size.group(1));
        return new int[] {height, size.group(2) == null ? height : Integer.parseInt(size.group(2))};
    }

    private static Interpolation interpolation(String value) {
        return constant(Interpolation.values(), value.replace('-', '_'));
    }

    private static <E extends Enum<E>> E constant(E[] constants, String value) {
        return Arrays.stream(constants)
                .filter(constant -> constant.name().equalsIgnoreCase(value))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of "
                        + Arrays.toString(constants).toLowerCase(Locale.ROOT).replace('_', '-')));
    }

    private static double fraction(String value) {
        int slash = value.indexOf('/');
        return slash < 0 ? number(value) : number(value.substring(0, slash)) / divisor(value.substring(slash + 1));
    }

    private static List<Double> numbers(String value) {
        return Arrays.stream(value.split(",", -1))
                .map(PreprocessingText::fraction)
                .toList();
    }

    private static List<Double> divisors(String value) {
        return Arrays.stream(value.split(",", -1))
                .map(PreprocessingText::divisor)
                .toList();
    }

    private static double divisor(String value) {
        double number = number(value);
        if (number == 0) {
            throw new IllegalArgumentException("expected numbers other than 0");
        }
        return number;
    }

    private static double number(String value) {
        try {
            double number = Double.parseDouble(value.strip());
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Told below, with what was expected.
        }
        throw new IllegalArgumentException("expected finite numbers such as 0.485,0.456,0.406, or 1/255 for scale");
    }

    static Map<String, String> settings(Preprocessing preprocessing) {
        Normalization normalization = preprocessing.normalization();
        PixelFormat format = preprocessing.format();
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("resize", text(preprocessing.resize()));
        settings.put("interpolation", preprocessing.interpolation().text());
        settings.put("crop", text(preprocessing.crop()));
        settings.put("scale", text(normalization.scale()));
        settings.put("mean", text(normalization.mean()));
        settings.put("std", text(normalization.std()));
        settings.put("layout", format.layout().name().toLowerCase(Locale.ROOT));
        settings.put("channels", format.channels().name().toLowerCase(Locale.ROOT));
        return settings;
    }

    private static String text(Resize resize) {
        return switch (resize) {
            case Resize.Keep() -> "none";
            case Resize.ShortSide(int size) -> Integer.toString(size);
            case Resize.Exact(int height, int width) -> height + "x" + width;
            case Resize.Letterbox(int height, int width, int fill, Resize.Placement placement) ->
                "letterbox:%dx%d:%d:%s"
                        .formatted(height, width, fill, placement == Resize.Placement.CENTER ? "center" : "top-left");
        };
    }

    private static String text(Crop crop) {
        return switch (crop) {
            case Crop.None() -> "none";
            case Crop.Center(int height, int width) -> height + "x" + width;
        };
    }

    /// A fraction of one where that gives the same double, so that 1/255 stays readable.
    private static String text(double scale) {
        long inverse = (long) Math.rint(1 / scale);
        return inverse > 1 && 1.0 / inverse == scale ? "1/" + inverse : Double.toString(scale);
    }

    private static String text(List<Double> numbers) {
        return numbers.stream().map(number -> Double.toString(number)).collect(Collectors.joining(","));
    }
}
