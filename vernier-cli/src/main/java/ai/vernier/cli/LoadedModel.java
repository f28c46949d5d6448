package ai.vernier.cli;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.ModelInputs;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtHazards;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Value;
import ai.vernier.pipeline.Forward;
import ai.vernier.simulate.Simulator;
import java.nio.file.Path;
import java.util.List;

/// A model that is ready to run, whoever runs it.
final class LoadedModel implements AutoCloseable {
    private final ModelInputs inputs;
    private final List<String> outputs;
    private final String runner;
    private final Forward forward;
    private final Runnable release;

    private LoadedModel(Model model, String runner, Forward forward, Runnable release) {
        this.inputs = ModelInputs.of(model);
        this.outputs = model.graph().outputs().stream().map(Value::name).toList();
        this.runner = runner;
        this.forward = forward;
        this.release = release;
    }

    static LoadedModel onEngine(Model model, EngineOptions options) {
        Executor executor = Executor.compile(model, options);
        return new LoadedModel(model, "engine", executor::run, executor::close);
    }

    static LoadedModel onOnnxRuntime(Model model, Path file, EngineOptions options) {
        OrtHazards.check(model);
        OrtModel ort = OrtModel.open(file, options.threads());
        return new LoadedModel(model, "onnxruntime", ort::run, ort::close);
    }

    /// The float network on its integer grids.
    static LoadedModel simulated(QuantizedModel quantized, EngineOptions options) {
        Simulator simulator = Simulator.compile(quantized, options);
        return new LoadedModel(quantized.model(), "simulation", simulator::run, simulator::close);
    }

    ModelInputs inputs() {
        return inputs;
    }

    /// Names of the outputs, in the model's order.
    List<String> outputs() {
        return outputs;
    }

    Forward forward() {
        return forward;
    }

    /// Who runs it: `engine`, `simulation` or `onnxruntime`.
    String runner() {
        return runner;
    }

    @Override
    public void close() {
        release.run();
    }
}
