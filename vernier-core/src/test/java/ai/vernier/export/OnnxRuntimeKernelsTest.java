package ai.vernier.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.vernier.RealModels;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.io.OnnxWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// That ONNX Runtime, with its default optimizations, finds the patterns it has integer kernels for.
class OnnxRuntimeKernelsTest {
    @TempDir
    Path folder = Path.of("unset");

    @Test
    void everyConvolutionOfMobileNetBecomesAnIntegerKernel() throws OrtException {
        Map<String, Long> operators = optimized("mobilenetv2_1.0_224.onnx");
        assertThat(operators).containsEntry("com.microsoft.QLinearConv", 52L).doesNotContainKey("Conv");
        assertThat(operators).containsEntry("com.microsoft.QGemm", 1L).doesNotContainKey("Gemm");
    }

    @Test
    void reluIsPartOfTheKernelsGrid() throws OrtException {
        Map<String, Long> operators = optimized("espcn_x3.onnx");
        assertThat(operators).doesNotContainKeys("Conv", "Relu");
    }

    private Map<String, Long> optimized(String name) throws OrtException {
        Path file = RealModels.files().stream()
                .filter(each -> each.endsWith(name))
                .findFirst()
                .orElseGet(() -> Assumptions.abort(name + " is missing"));
        Model model = OnnxReader.read(file);
        Model exported = new QdqExporter(Map.of()).export(MinMaxPlan.w8a8(model, RealModels.inputs(file, model, 1)));
        Path optimized = folder.resolve("optimized.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizedModelFilePath(optimized.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(OnnxWriter.toBytes(exported), options)
                    .close();
        }
        return OnnxReader.read(optimized).graph().nodes().stream()
                .collect(Collectors.groupingBy(Node::qualifiedType, TreeMap::new, Collectors.counting()));
    }
}
