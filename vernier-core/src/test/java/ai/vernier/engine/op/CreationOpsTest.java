package ai.vernier.engine.op;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CreationOpsTest {
    /// float16 holds every quarter from −512 to 512, but no odd number beyond 2048: who counts steps in it gets
    /// 0 instead of 0.25 for step 2049.
    @Test
    void longRangesOfShortFloatsAreCountedExactly() {
        Model model = OnnxText.parse("<ir_version: 10, opset_import: [\"\" : 21]> g (float a, float b, float c) =>"
                + " (float[N] y) { start = Cast <to = 10> (a) limit = Cast <to = 10> (b) delta = Cast <to = 10> (c)"
                + " r = Range (start, limit, delta) y = Cast <to = 1> (r) }");
        Map<String, TensorData> inputs = Map.of("a", scalar(-512), "b", scalar(88), "c", scalar(0.25f));
        try (Executor executor = Executor.compile(model, EngineOptions.DEFAULT)) {
            TensorData y = Objects.requireNonNull(executor.run(inputs).get("y"));
            assertThat(y.elementCount()).isEqualTo(2400);
            for (int i = 0; i < 2400; i++) {
                assertThat(y.floatAt(i)).isEqualTo(-512 + 0.25f * i);
            }
        }
    }

    private static TensorData scalar(float value) {
        return TensorData.ofFloats(new float[] {value});
    }
}
