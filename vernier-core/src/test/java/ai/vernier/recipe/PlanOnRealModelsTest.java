package ai.vernier.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.RealModels;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.io.OnnxReader;
import ai.vernier.passes.Preparation;
import ai.vernier.target.Behaviour;
import ai.vernier.target.Target;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What must hold of every plan, on real networks.
class PlanOnRealModelsTest {
    private final Target target = Target.load(Target.GENERIC_INT8);

    static List<Path> models() {
        return RealModels.files();
    }

    @ParameterizedTest
    @MethodSource("models")
    void plansAreCompleteAndConsistent(Path file) {
        Model model = Preparation.STANDARD.passes().apply(OnnxReader.read(file)).model();
        Plan plan = PlanResolver.resolve(Recipe.defaults(target), model, target);

        assertEveryFloatValueIsDecided(plan, model.graph());
        plan.tensors().forEach((tensor, decision) -> assertConsistent(plan, tensor, decision));
        model.graph().nodes().forEach(node -> assertWholeOperators(plan, node, model.graph()));
        assertThat(plan.quantized()).isNotEmpty();
    }

    private static void assertEveryFloatValueIsDecided(Plan plan, Graph graph) {
        ElementTypes types = ElementTypes.of(graph);
        for (Node node : graph.nodes()) {
            Stream.concat(node.inputs().stream(), node.outputs().stream())
                    .filter(types::isFloat32)
                    .forEach(value -> assertThat(plan.tensors()).containsKey(value));
        }
    }

    private static void assertConsistent(Plan plan, String tensor, Decision decision) {
        assertThat(decision.rule()).as(tensor).isNotBlank();
        if (decision instanceof Decision.SameAs same) {
            assertThat(plan.decision(same.leader()))
                    .as("leader of " + tensor)
                    .isInstanceOfAny(Decision.Calibrated.class, Decision.Fixed.class);
        }
        if (decision instanceof Decision.AccumulatorBias bias) {
            assertThat(plan.quantized()).as("bias " + tensor).contains(bias.input(), bias.weight());
        }
    }

    /// In these networks every sum of products has grids on both operands; data movement hands grids on.
    private void assertWholeOperators(Plan plan, Node node, Graph graph) {
        Behaviour behaviour = target.behaviour(node, graph);
        if (behaviour instanceof Behaviour.WeightedSum sum) {
            boolean input = isQuantized(plan, node.inputs().getFirst());
            boolean weight = isQuantized(plan, node.inputs().get(sum.weight()));
            assertThat(input && weight).as(node.label()).isTrue();
        }
        if (behaviour instanceof Behaviour.MovesData
                && isQuantized(plan, node.inputs().getFirst())) {
            Map<String, Decision> tensors = plan.tensors();
            node.outputs().stream()
                    .filter(tensors::containsKey)
                    .forEach(output -> assertThat(isQuantized(plan, output))
                            .as(node.label())
                            .isTrue());
        }
    }

    private static boolean isQuantized(Plan plan, String tensor) {
        return !(plan.decision(tensor) instanceof Decision.KeepFloat);
    }
}
