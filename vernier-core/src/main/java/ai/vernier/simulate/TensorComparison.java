package ai.vernier.simulate;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.Batch;
import ai.vernier.data.Difference;
import ai.vernier.data.ProgressListener;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.Model;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// How far each quantized activation and each output of a quantized model is from the float model, over all samples.
///
/// @param tensors by name, in graph order
public record TensorComparison(Map<String, Difference> tensors) {
    public TensorComparison {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /// Runs both models side by side over `samples`, in one graph whose nodes alternate, so that no tensor waits longer
    /// than for its twin. Values that the two graphs do not share by name are left out.
    ///
    /// @param reference the float model, with the inputs of `quantized`
    public static TensorComparison of(Model reference, QuantizedModel quantized, Run run) {
        Set<String> compared = compared(reference, quantized);
        Simulation simulation = Simulation.of(quantized);
        Map<String, ToGrid> grids = new LinkedHashMap<>();
        simulation.steps().forEach((value, grid) -> grids.put(TwinGraph.twin(value), grid));
        Model twin = TwinGraph.of(reference, simulation.model());
        TwinHook hook = new TwinHook(compared, grids);
        try (Executor executor = Executor.compile(twin, run.options(), hook::wants)) {
            run.progress().started("Compare", run.samples().size());
            for (Batch batch : run.samples().batches(run.batchSize())) {
                executor.run(batch.inputs(), hook);
                run.progress().advanced(batch.first() + batch.count());
            }
            run.progress().finished();
        } finally {
            hook.close();
        }
        return new TensorComparison(hook.differences());
    }

    /// On what and how a comparison runs.
    public record Run(SampleSource samples, int batchSize, EngineOptions options, ProgressListener progress) {}

    private static Set<String> compared(Model reference, QuantizedModel quantized) {
        Set<String> known = new LinkedHashSet<>();
        reference.graph().requiredInputs().forEach(input -> known.add(input.name()));
        reference.graph().nodes().forEach(node -> known.addAll(node.outputs()));
        Set<String> wanted = new LinkedHashSet<>(quantized.encodings().keySet());
        quantized.model().graph().outputs().forEach(output -> wanted.add(output.name()));
        known.retainAll(wanted);
        return known;
    }
}
