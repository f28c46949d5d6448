package ai.vernier.engine.op;

import ai.vernier.onnx.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Convolutions, resizing, padding and regions against ONNX Runtime, where no ONNX case has the variant.
class GeometryOpsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "pads = [1, 0, 2, 1], strides = [2, 1]",
                "dilations = [2, 3], pads = [2, 2, 2, 2]",
                "auto_pad = \"SAME_UPPER\", strides = [2, 3]",
                "auto_pad = \"SAME_LOWER\", strides = [3, 2]",
                "auto_pad = \"VALID\", strides = [2, 2]",
                "group = 2",
            })
    void conv(String attributes) {
        int each = attributes.startsWith("group") ? 2 : 4;
        Differential.of(
                        13,
                        "(float[2,4,9,8] x, float[6,%d,3,2] w, float[6] b) => (float[n,c,h,w] y)".formatted(each),
                        "y = Conv <%s> (x, w, b)".formatted(attributes))
                .agrees();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pads = [1, 0, 2, 1], strides = [2, 2]",
                "dilations = [2, 3], pads = [1, 2, 1, 2]",
                "strides = [3, 2], output_padding = [2, 1]",
                "strides = [3, 2], output_padding = [1, 1], pads = [1, 1, 0, 1]",
                "auto_pad = \"SAME_UPPER\", strides = [2, 3]",
                "auto_pad = \"SAME_LOWER\", strides = [2, 3]",
                "output_shape = [10, 9], strides = [2, 2]",
                "group = 2, strides = [2, 1]",
                "pads = [1, 0, 2, 1]",
                "group = 2, pads = [0, 2, 1, 0], dilations = [1, 2]",
                "pads = [3, 0, 0, 0]",
                "strides = [7, 4]",
                "strides = [7, 2], pads = [1, 4, 2, 0], output_padding = [5, 1]",
                "group = 2, strides = [3, 9], dilations = [2, 3], pads = [0, 8, 0, 12]",
            })
    void convTranspose(String attributes) {
        for (String[] constants : new String[][] {{}, {"w", "b"}}) {
            Differential.of(
                            11,
                            "(float[2,4,5,4] x, float[4,3,3,3] w, float[%d] b) => (float[n,c,h,w] y)"
                                    .formatted(attributes.startsWith("group") ? 6 : 3),
                            "y = ConvTranspose <%s> (x, w, b)".formatted(attributes))
                    .constant(constants)
                    .agrees();
        }
    }

    @Test
    void oneAndThreeAxes() {
        Differential.of(
                        13,
                        "(float[2,4,9] x, float[6,2,3] w) => (float[n,c,l] y)",
                        "y = Conv <group = 2, pads = [2,1]> (x, w)")
                .agrees();
        Differential.of(
                        13,
                        "(float[2,4,5,6,4] x, float[6,4,3,2,1] w) => (float[n,c,d,h,w] y)",
                        "y = Conv <strides = [2,1,2]> (x, w)")
                .agrees();
        Differential.of(
                        11,
                        "(float[2,4,5] x, float[4,3,3] w) => (float[n,c,l] y)",
                        "y = ConvTranspose <strides = [2]> (x, w)")
                .agrees();
        Differential.of(
                        11,
                        "(float[2,4,2,3,1] x, float[4,3,2,1,2] w, float[3] b) => (float[n,c,d,h,w] y)",
                        "y = ConvTranspose <strides = [5,3,4]> (x, w, b)")
                .agrees();
    }

    @ParameterizedTest
    @CsvSource({
        "linear,half_pixel",
        "linear,align_corners",
        "linear,asymmetric",
        "linear,pytorch_half_pixel",
        "cubic,half_pixel",
        "cubic,align_corners",
        "cubic,asymmetric"
    })
    void resizeToSizes(String mode, String coordinates) {
        TensorData sizes = TensorData.ofLongs(new long[] {1, 2, 7, 3}, 4);
        Differential.of(
                        18,
                        "(float[1,2,4,6] x, int64[4] s) => (float[n,c,h,w] y)",
                        "y = Resize <mode = \"%s\", coordinate_transformation_mode = \"%s\"> (x, \"\", \"\", s)"
                                .formatted(mode, coordinates))
                .with("s", sizes)
                .within(1e-4)
                .agrees();
    }

    @ParameterizedTest
    @ValueSource(strings = {"reflect", "edge", "wrap", "constant"})
    void padsAndCropsInEveryMode(String mode) {
        Differential.of(
                        19,
                        "(float[2,5,6] x, int64[6] p) => (float[a,b,c] y)",
                        "y = Pad <mode = \"%s\"> (x, p)".formatted(mode))
                .with("p", TensorData.ofLongs(new long[] {0, 2, 3, 0, 4, 1}, 6))
                .agrees();
        Differential.of(
                        19,
                        "(float[2,5,6] x, int64[2] p, int64[1] axes) => (float[a,b,c] y)",
                        "y = Pad <mode = \"%s\"> (x, p, \"\", axes)".formatted(mode))
                .with("p", TensorData.ofLongs(new long[] {2, -1}, 2))
                .with("axes", TensorData.ofLongs(new long[] {-2}, 1))
                .agrees();
    }

    @Test
    void regionsOfInterest() {
        TensorData boxes = TensorData.ofFloats(new float[] {0, 1, 1, 6, 5, 1, 0, 0, 3, 7, 0, 5, 5, 12, 14}, 3, 5);
        Differential.of(
                        13,
                        "(float[2,3,8,9] x, float[3,5] r) => (float[3,3,2,3] y)",
                        "y = MaxRoiPool <pooled_shape = [2, 3], spatial_scale = 0.6> (x, r)")
                .with("r", boxes)
                .agrees();
        TensorData corners = TensorData.ofFloats(new float[] {1, 1, 6, 5, 0.3f, -2, 3.2f, 7, 5, 5, 12, 14}, 3, 4);
        for (String mode : new String[] {"half_pixel", "output_half_pixel"}) {
            Differential.of(
                            16,
                            "(float[2,3,8,9] x, float[3,4] r, int64[3] b) => (float[3,3,2,3] y)",
                            ("y = RoiAlign <output_height = 2, output_width = 3, spatial_scale = 0.8, "
                                            + "coordinate_transformation_mode = \"%s\"> (x, r, b)")
                                    .formatted(mode))
                    .with("r", corners)
                    .with("b", TensorData.ofLongs(new long[] {0, 1, 1}, 3))
                    .agrees();
        }
    }
}
