package ai.vernier.analyze;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.RealModels;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ValueHook;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxReader;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/// Inferred shapes against the shapes that the engine computes, for every value of the main graph of every model in the
/// data folder.
class ShapesOnRealModelsTest {
    private static final int BATCH = 2;

    @Test
    void everyShapeIsWhatTheEngineComputes() {
        for (Path file : RealModels.files()) {
            Model model = OnnxReader.read(file);
            Map<String, TensorData> inputs = RealModels.inputs(file, model, BATCH);
            Set<String> named = new HashSet<>(inputs.keySet());
            Map<String, long[]> computed = computed(model, inputs);
            ValueFacts inferred = ShapeInference.of(
                    InputDimensions.of(model, extents(model, inputs)).fix(model.graph()));
            model.graph().nodes().forEach(node -> named.addAll(node.outputs()));
            computed.keySet().retainAll(named);
            computed.forEach((value, sizes) -> assertThat(inferred.shape(value))
                    .as("%s in %s", value, file)
                    .hasValueSatisfying(found -> assertThat(found).isEqualTo(sizes)));
            assertThat(computed).hasSizeGreaterThan(5);
        }
    }

    /// What the inputs take the open dimensions for.
    private static Map<String, Long> extents(Model model, Map<String, TensorData> inputs) {
        Map<String, Long> extents = new LinkedHashMap<>();
        model.graph().requiredInputs().forEach(input -> {
            long[] sizes = input.shape().orElseThrow().sizes();
            for (int axis = 0; axis < sizes.length; axis++) {
                if (sizes[axis] < 0) {
                    extents.put(
                            input.name() + ":" + axis,
                            Objects.requireNonNull(inputs.get(input.name())).dim(axis));
                }
            }
        });
        return extents;
    }

    private static Map<String, long[]> computed(Model model, Map<String, TensorData> inputs) {
        Map<String, long[]> shapes = new TreeMap<>();
        try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 1), _ -> true)) {
            executor.run(inputs, new ValueHook() {
                @Override
                public boolean wants(String value) {
                    return true;
                }

                @Override
                public Tensor apply(String value, Tensor tensor) {
                    shapes.put(value, tensor.sizes().vec().get());
                    return tensor;
                }
            });
        }
        return shapes;
    }
}
