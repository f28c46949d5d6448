package ai.vernier.engine.op;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolOpsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "kernel_shape = [3, 2]",
                "kernel_shape = [3, 2], strides = [2, 3], pads = [1, 0, 2, 1]",
                "kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1], ceil_mode = 1",
                "kernel_shape = [2, 3], strides = [3, 2], pads = [0, 1, 1, 2], ceil_mode = 1",
                "kernel_shape = [3, 2], strides = [2, 2], auto_pad = \"SAME_UPPER\"",
                "kernel_shape = [3, 2], strides = [2, 2], auto_pad = \"SAME_LOWER\"",
                "kernel_shape = [3, 2], strides = [2, 2], auto_pad = \"VALID\"",
                "kernel_shape = [3, 2], dilations = [2, 3], pads = [1, 1, 0, 1]",
            })
    void imagesArePooledAsInOnnxRuntime(String window) {
        for (String type : new String[] {"MaxPool", "AveragePool", "LpPool"}) {
            pool(type, window, "[2,3,11,10]").agrees();
        }
        pool("AveragePool", window + ", count_include_pad = 1", "[2,3,11,10]").agrees();
        pool("LpPool", window + ", p = 3", "[2,3,11,10]").agrees();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void tellsWhereTheMaximaWere(int order) {
        String[] windows = {
            "kernel_shape = [3, 2], strides = [2, 1], pads = [1, 0, 1, 1]",
            "kernel_shape = [2, 2], strides = [3, 2], ceil_mode = 1, dilations = [2, 1]"
        };
        for (String window : windows) {
            Differential.of(
                            12,
                            "(float[2,3,9,7] x) => (float[n,c,h,w] y, int64[n,c,h,w] i)",
                            "y, i = MaxPool <%s, storage_order = %d> (x)".formatted(window, order))
                    .agrees();
        }
        Differential.of(
                        12,
                        "(float[2,3,5,6,4] x) => (float[n,c,d,h,w] y, int64[n,c,d,h,w] i)",
                        "y, i = MaxPool <kernel_shape = [2, 3, 2], pads = [1, 0, 0, 0, 1, 1], storage_order = %d> (x)"
                                .formatted(order))
                .agrees();
        Differential.of(
                        12,
                        "(float[2,3,9] x) => (float[n,c,w] y, int64[n,c,w] i)",
                        "y, i = MaxPool <kernel_shape = [3], strides = [2], storage_order = %d> (x)".formatted(order))
                .agrees();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool <p = 3>"})
    void wholeImagesBecomeOneElement(String type) {
        Differential.of(12, "(float[2,3,4,5,3] x) => (float[2,3,1,1,1] y)", "y = %s (x)".formatted(type))
                .agrees();
        Differential.of(12, "(float[2,3,4] x) => (float[2,3,1] y)", "y = %s (x)".formatted(type))
                .agrees();
    }

    private static Differential pool(String type, String window, String shape) {
        int opset = type.equals("MaxPool") ? 12 : type.equals("AveragePool") ? 19 : 18;
        return Differential.of(
                opset, "(float%s x) => (float[n,c,h,w] y)".formatted(shape), "y = %s <%s> (x)".formatted(type, window));
    }

    /// In the layout that a convolution leaves behind; not every draw tells orders of summation apart.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void equalChannelsHaveEqualAverages(int seed) {
        Model model = OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[1,16,13,13] x) => (float[1,1000,1,1] y) <int64[4] shape = {1000, 16, 1, 1}>
                { w = ConstantOfShape <value = float[1] {0.3}> (shape) c = Conv (x, w) y = GlobalAveragePool (c) }
                """);
        try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1))) {
            TensorData y = executor.run(Map.of("x", Differential.random(seed, 1, 16, 13, 13)))
                    .get("y");
            float[] averages = Objects.requireNonNull(y).toFloats();
            for (float average : averages) {
                assertThat(average).isEqualTo(averages[0]);
            }
        }
    }
}
