package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.op.OpTable;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReplayCacheTest {
    private static final String ABSOLUTE = "y = Abs (x)";
    private static final int FLOATS_PER_ROW = 1024;

    private final XnnRuntime runtime = XnnRuntime.of(1, true);
    private int made;

    @AfterEach
    void closeRuntime() {
        runtime.close();
    }

    /// Runs a program on inputs of so many rows each, and says for each run whether there was a replay, known or new:
    /// `known`, `new` or `none`.
    private String runs(String nodes, long replayBytes, int... rows) {
        Model model =
                OnnxText.parse("<ir_version: 10, opset_import: [\"\" : 17]> g (float[N,%d] x) => (float[M,K] y) { %s }"
                        .formatted(FLOATS_PER_ROW, nodes));
        RunLimits limits =
                new RunLimits(new EngineOptions(DeviceChoice.CPU, 1).withLimits(4 * replayBytes, Duration.ZERO));
        StringBuilder told = new StringBuilder();
        try (NoGradGuard _ = new NoGradGuard();
                PointerScope _ = new PointerScope();
                Program program = GraphCompiler.compile(
                        model.graph(),
                        new CompileContext(
                                model,
                                OpTable.builtIn(),
                                _ -> false,
                                Set.of(),
                                false,
                                runtime,
                                limits,
                                new FoldingBudget(),
                                new TreeSet<>()));
                ReplayCache cache = new ReplayCache(limits)) {
            for (int count : rows) {
                told.append(run(cache, program, limits, count)).append(' ');
                assertThat(cache.bytes()).isLessThanOrEqualTo(replayBytes);
            }
        }
        return told.toString().trim();
    }

    /// The elements are not zero, but in the second run they are.
    private String run(ReplayCache cache, Program program, RunLimits limits, int rows) {
        float[] x = new float[rows * FLOATS_PER_ROW];
        for (int i = 0; i < x.length; i++) {
            x[i] = made == 1 ? 0 : -i - rows;
        }
        limits.begin();
        int before = made;
        Tensor[] outputs = cache.run(Map.of("x", TensorData.ofFloats(x, rows, FLOATS_PER_ROW)), () -> {
            made++;
            return program;
        });
        if (outputs != null && outputs[0].numel() == x.length) {
            assertThat(outputs[0].reshape(-1).select(0, 5).item_float()).isEqualTo(Math.abs(x[5]));
        }
        return outputs == null ? "none" : made > before ? "new" : "known";
    }

    @Test
    void fullBatchesAndTheLastOneKeepTheirReplays() {
        assertThat(runs(ABSOLUTE, 1 << 20, 8, 8, 3, 8, 8, 3, 3, 8))
                .isEqualTo("new known new known known known known known");
    }

    @Test
    void theOneThatWasUsedLongestAgoGoesFirst() {
        assertThat(runs(ABSOLUTE, 1 << 20, 1, 2, 1, 3, 4, 1, 5, 1, 2))
                .isEqualTo("new new known new new known new known new");
    }

    @Test
    void whereEveryShapeIsNewNoMoreAreMadeUntilOneServes() {
        assertThat(runs(ABSOLUTE, 1 << 20, 1, 2, 3, 4, 5, 6, 3, 5, 5))
                .isEqualTo("new new new new none none known new known");
    }

    /// Each of them takes 8 KB per row, which is once too much for both.
    @Test
    void togetherTheyStayWithinTheMemoryOfOne() {
        assertThat(runs(ABSOLUTE, 100 << 10, 8, 8, 6, 6, 8)).isEqualTo("new known new known new");
        assertThat(runs(ABSOLUTE, 100 << 10, 8, 20, 8))
                .as("20 rows fit into no replay")
                .isEqualTo("new none none");
    }

    @Test
    void shapesThatDependOnDataEndIt() {
        assertThat(runs("y = NonZero (x)", 1 << 20, 3, 3, 3)).isEqualTo("new none none");
    }
}
