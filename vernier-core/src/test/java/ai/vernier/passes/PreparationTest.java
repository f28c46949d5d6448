package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.RealModels;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PreparationTest {
    static List<Path> models() {
        return RealModels.files();
    }

    @Test
    void passesAreSkippedByName() {
        List<String> all = Preparation.names();
        assertThat(all).doesNotHaveDuplicates().startsWith("FoldConstants", "RemoveIdentities");
        assertThat(Preparation.STANDARD.without("FoldConstants").passes().passes())
                .extracting(Pass::name)
                .startsWith("RemoveIdentities")
                .hasSize(all.size() - 1 - Preparation.extras().size());
        assertThat(new Preparation(List.of(), Preparation.extras(), 21).passes().passes())
                .extracting(Pass::name)
                .isEqualTo(all);
    }

    @ParameterizedTest
    @MethodSource("models")
    void preparedRealModelsComputeTheSame(Path file) {
        Model model = OnnxReader.read(file);
        PassResult prepared = Preparation.STANDARD.passes().apply(model);

        assertThat(prepared.model().graph().nodes().size())
                .isLessThanOrEqualTo(model.graph().nodes().size());
        // folding rounds each weight once more; deep networks amplify that by less than 100
        Judged.assertSameOutputs(model, prepared.model(), 1e-4);
        Judged.assertSameOutputsInEngine(model, prepared.model(), 1e-4);
    }
}
