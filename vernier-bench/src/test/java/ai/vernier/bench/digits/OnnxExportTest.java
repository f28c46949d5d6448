package ai.vernier.bench.digits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxExportTest {
    @Test
    void onnxRuntimeComputesWhatLibTorchComputes(@TempDir Path directory) {
        TensorData images = new Digits(5).draw(0, 7).images();
        Path file = directory.resolve("digits.onnx");
        // More threads wait for one another when the machine is busy; this network is too small to need them.
        torch.set_num_threads(1);
        torch.manual_seed(6);
        try (DigitNetwork network = new DigitNetwork(Architecture.layers())) {
            // A few steps give every batch norm a mean, a variance, a scale and a bias of its own.
            new Training(3, 16, 0.01).run(network, new Digits(1), _ -> {});
            OnnxWriter.write(OnnxExport.model(Architecture.layers(), network.weights()), file);
            assertThat(MakeDigits.onnxRuntimeLogits(file, images).toFloats())
                    .containsExactly(network.infer(images).toFloats(), within(2e-4f));
        }
    }

    @Test
    void batchNormsAndActivationsStayNodesOfTheirOwn() {
        Map<String, Long> operators;
        try (DigitNetwork network = new DigitNetwork(Architecture.layers())) {
            Model model = OnnxExport.model(Architecture.layers(), network.weights());
            operators =
                    model.graph().nodes().stream().collect(Collectors.groupingBy(Node::opType, Collectors.counting()));
        }
        assertThat(operators)
                .containsEntry("Conv", 16L)
                .containsEntry("BatchNormalization", 16L)
                .containsEntry("Clip", 13L)
                .containsEntry("Add", 3L)
                .containsEntry("Gemm", 1L);
    }
}
