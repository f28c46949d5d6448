package ai.vernier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PreprocessingTest {
    /// Two pixels, (10, 20, 30) and (40, 50, 60).
    private static final Pixels TWO = new Pixels(1, 2, 3, new byte[] {10, 20, 30, 40, 50, 60});

    @Test
    void imagenetNormalizesWithMeanAndDeviation() {
        Map<String, String> settings = new LinkedHashMap<>(Preprocessing.IMAGENET.settings());
        settings.put("resize", "none");
        settings.put("crop", "none");
        float[] values = Preprocessing.parse(settings).apply(TWO, "two").toFloats();
        assertThat(values)
                .containsExactly(
                        (float) ((10 / 255.0 - 0.485) / 0.229),
                        (float) ((40 / 255.0 - 0.485) / 0.229),
                        (float) ((20 / 255.0 - 0.456) / 0.224),
                        (float) ((50 / 255.0 - 0.456) / 0.224),
                        (float) ((30 / 255.0 - 0.406) / 0.225),
                        (float) ((60 / 255.0 - 0.406) / 0.225));
    }

    @Test
    void layoutsAndChannelOrders() {
        assertThat(raw("nchw", "rgb", TWO)).isEqualTo(bytes(new long[] {10, 40, 20, 50, 30, 60}, 1, 3, 1, 2));
        assertThat(raw("nchw", "bgr", TWO)).isEqualTo(bytes(new long[] {30, 60, 20, 50, 10, 40}, 1, 3, 1, 2));
        assertThat(raw("nhwc", "rgb", TWO)).isEqualTo(bytes(new long[] {10, 20, 30, 40, 50, 60}, 1, 1, 2, 3));
        assertThat(raw("nhwc", "bgr", TWO)).isEqualTo(bytes(new long[] {30, 20, 10, 60, 50, 40}, 1, 1, 2, 3));
        // 0.299·10 + 0.587·20 + 0.114·30 = 18.15 and 48.15.
        assertThat(raw("nhwc", "gray", TWO)).isEqualTo(bytes(new long[] {18, 48}, 1, 1, 2, 1));
    }

    @Test
    void meansFollowTheModelsChannelOrder() {
        Preprocessing bgr = parse("scale", "1", "mean", "1,2,3", "channels", "bgr", "layout", "nhwc");
        assertThat(bgr.apply(TWO, "two").toFloats()).containsExactly(29, 18, 7, 59, 48, 37);
    }

    @Test
    void theShorterSideIsResizedAndTheCentreCropped() {
        Pixels image = Pixels.filled(10, 21, 3, 5);
        assertThat(parse("resize", "4").apply(image, "x").dims()).containsExactly(1, 3, 4, 8);
        assertThat(parse("resize", "4", "crop", "4").apply(image, "x").dims()).containsExactly(1, 3, 4, 4);
        assertThat(parse("resize", "4x6").apply(image, "x").dims()).containsExactly(1, 3, 4, 6);
        byte[] ramp = {0, 1, 2, 3, 4, 5, 6};
        Pixels row = new Pixels(1, 7, 1, ramp);
        Preprocessing centre = parse("crop", "1x4", "scale", "1", "channels", "gray");
        // Offset 1.5 goes to the even 2.
        assertThat(centre.apply(rgb(row), "x").toLongs()).containsExactly(2, 3, 4, 5);
    }

    @Test
    void lettersAreBoxedAtTheCornerOrInTheMiddle() {
        Pixels wide = Pixels.filled(2, 4, 3, 9);
        Preprocessing corner = parse("resize", "letterbox:4x4:114:top-left", "scale", "1", "channels", "gray");
        assertThat(corner.apply(wide, "x").toLongs())
                .containsExactly(9, 9, 9, 9, 9, 9, 9, 9, 114, 114, 114, 114, 114, 114, 114, 114);
        Preprocessing middle = parse("resize", "letterbox:4x4:7", "scale", "1", "channels", "gray");
        assertThat(middle.apply(wide, "x").toLongs()).containsExactly(7, 7, 7, 7, 9, 9, 9, 9, 9, 9, 9, 9, 7, 7, 7, 7);
        Preprocessing larger = parse("resize", "letterbox:8x16", "scale", "1", "channels", "gray");
        assertThat(larger.apply(wide, "x").toLongs()).hasSize(128).containsOnly(9);
    }

    @Test
    void anImageSmallerThanTheCropIsRefused() {
        assertThatThrownBy(() -> parse("crop", "2").apply(TWO, "small.png"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("small.png: has 1x2 pixels (height x width) after resizing, the crop needs 2x2; "
                        + "resize it to more");
    }

    @Test
    void settingsAreReadBackAsWritten() {
        for (Preprocessing preprocessing : List.of(
                Preprocessing.IMAGENET,
                parse("resize", "letterbox:416x320:114:top-left", "scale", "1", "channels", "bgr"),
                parse("resize", "60x80", "interpolation", "bilinear-no-antialias", "layout", "nhwc"),
                parse("resize", "letterbox:64", "scale", "2/255", "mean", "1", "channels", "gray"))) {
            assertThat(Preprocessing.parse(preprocessing.settings())).isEqualTo(preprocessing);
        }
        assertThat(Preprocessing.IMAGENET.settings())
                .containsEntry("scale", "1/255")
                .containsEntry("crop", "224x224")
                .containsEntry("mean", "0.485,0.456,0.406");
    }

    @Test
    void allUnreadableSettingsAreTold() {
        assertThatThrownBy(() -> parse("size", "3", "resize", "big", "std", "0", "layout", "chw", "mean", "1,2"))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "preprocessing: 'size' is unknown; known: "
                                                + "[resize, interpolation, crop, scale, mean, std, layout, channels]",
                                        "preprocessing: resize 'big': expected none, a size such as 224 or 224x192 "
                                                + "(height x width), or for resize letterbox:416x416",
                                        "preprocessing: std '0': expected numbers other than 0",
                                        "preprocessing: layout 'chw': expected one of [nchw, nhwc]",
                                        "preprocessing: mean [1.0, 2.0] and std [1.0] for RGB; "
                                                + "give one number, or one per channel"));
    }

    private static TensorData raw(String layout, String channels, Pixels image) {
        return parse("scale", "1", "layout", layout, "channels", channels).apply(image, "x");
    }

    private static TensorData bytes(long[] values, long... dims) {
        return TensorData.ofIntegers(DataType.UINT8, values, dims);
    }

    private static Pixels rgb(Pixels gray) {
        byte[] values = new byte[gray.values().length * 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = gray.values()[i / 3];
        }
        return new Pixels(gray.height(), gray.width(), 3, values);
    }

    private static Preprocessing parse(String... keysAndValues) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            settings.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return Preprocessing.parse(settings);
    }
}
