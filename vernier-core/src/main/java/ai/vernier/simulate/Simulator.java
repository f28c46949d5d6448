package ai.vernier.simulate;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ValueHook;
import ai.vernier.onnx.TensorData;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;

/// Runs a quantized model in float arithmetic on the integer grid: weights and biases are replaced by their dequantized
/// values once, and each planned activation passes through quantize-dequantize as soon as it is computed.
///
/// Between 8-bit grids the sums are rounded as integer kernels round them ([IntegerKernels]), so that the results are
/// those of the exported QDQ model in ONNX Runtime code for code; elsewhere the arithmetic is that of
/// QuantizeLinear and DequantizeLinear around float32 operators ([ai.vernier.quant.Quantizer] defines it).
public final class Simulator implements AutoCloseable {
    private final Executor executor;
    private final Map<String, ToGrid> grids;

    private Simulator(Executor executor, Map<String, ToGrid> grids) {
        this.executor = executor;
        this.grids = grids;
    }

    /// Compiles the simulation of `quantized`; it can be run as often as wanted.
    ///
    /// @throws ai.vernier.onnx.UnsupportedModelException naming the node that cannot be run or the grid that cannot
    ///     be simulated
    public static Simulator compile(QuantizedModel quantized, EngineOptions options) {
        return compile(quantized, options, _ -> false);
    }

    /// Compiles a simulation that an observer can look into.
    ///
    /// @param observed the values that an observing hook will want to see, besides the quantized ones
    /// @throws ai.vernier.onnx.UnsupportedModelException naming the node that cannot be run or the grid that cannot
    ///     be simulated
    public static Simulator compile(QuantizedModel quantized, EngineOptions options, Predicate<String> observed) {
        Simulation simulation = Simulation.of(quantized);
        Map<String, ToGrid> grids = simulation.steps();
        Predicate<String> visible = value -> grids.containsKey(value) || observed.test(value);
        return new Simulator(Executor.compile(simulation.model(), options, visible), grids);
    }

    /// Compiles a simulation in plain float arithmetic, of whose values [#runEarly] can change the `early` ones.
    ///
    /// @throws ai.vernier.onnx.UnsupportedModelException as [#compile(QuantizedModel, EngineOptions)]
    public static Simulator compilePlain(QuantizedModel quantized, EngineOptions options, Predicate<String> early) {
        Simulation simulation = Simulation.plain(quantized);
        Map<String, ToGrid> grids = simulation.steps();
        Predicate<String> visible = value -> grids.containsKey(value) || early.test(value);
        return new Simulator(Executor.compile(simulation.model(), options, visible), grids);
    }

    /// Runs the model once, showing values to `early` before they move to their grid, so that what it changes is
    /// quantized like any other value.
    public Map<String, TensorData> runEarly(Map<String, TensorData> inputs, ValueHook early) {
        return executor.run(inputs, new EarlyHook(grids, early));
    }

    /// Runs the model once; see [Executor#run(Map)].
    public Map<String, TensorData> run(Map<String, TensorData> inputs) {
        return executor.run(inputs, new GridHook(grids, ValueHook.NOBODY));
    }

    /// Runs the model once, showing to `observer` the values that it wants after they moved to their grid.
    public Map<String, TensorData> run(Map<String, TensorData> inputs, ValueHook observer) {
        return executor.run(inputs, new GridHook(grids, observer));
    }

    /// The operator types that the engine leaves to ONNX Runtime.
    public List<String> fallbackOperators() {
        return executor.fallbackOperators();
    }

    @Override
    public void close() {
        executor.close();
    }

    /// Lets `early` look first, then quantizes.
    private record EarlyHook(Map<String, ToGrid> grids, ValueHook early) implements ValueHook {
        @Override
        public boolean wants(String value) {
            return grids.containsKey(value) || early.wants(value);
        }

        @Override
        public Tensor apply(String value, Tensor tensor) {
            Tensor seen = early.wants(value) ? early.apply(value, tensor) : tensor;
            ToGrid grid = grids.get(value);
            return grid == null ? seen : grid.apply(seen);
        }
    }

    /// Quantizes first, then lets the observer look.
    private record GridHook(Map<String, ToGrid> grids, ValueHook observer) implements ValueHook {
        @Override
        public boolean wants(String value) {
            return grids.containsKey(value) || observer.wants(value);
        }

        @Override
        public Tensor apply(String value, Tensor tensor) {
            ToGrid grid = grids.get(value);
            Tensor moved = grid == null ? tensor : grid.apply(tensor);
            return observer.wants(value) ? observer.apply(value, moved) : moved;
        }
    }
}
