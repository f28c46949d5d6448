package ai.vernier.algorithm;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.Batch;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ValueHook;
import ai.vernier.simulate.Simulator;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// What the mean of each layer is short of where the layers before it are quantized and corrected already:
///
///     shift_c = E[y_c] − E[ŷ_c]
///
/// A correction takes effect inside the run that measures it. Over several runs it is the mean of what the runs
/// measured so far. After appendix D of "Data-Free Quantization Through Weight Equalization and Bias Correction"
/// (Nagel et al. 2019).
record LayerShifts(EngineOptions engine) {
    /// Samples per run: bounds the memory.
    private static final int BATCH = 16;

    /// By the layers' outputs, which are the keys of `biases`.
    Map<String, float[]> of(QuantizedModel quantized, Map<String, String> biases, SampleSource data) {
        Means expected = new Means(biases);
        Corrections corrections = new Corrections(expected.means);
        try (Executor original = Executor.compile(quantized.model(), engine, biases::containsKey);
                Simulator simulator = Simulator.compilePlain(quantized, engine, biases::containsKey)) {
            for (Batch batch : data.batches(BATCH)) {
                original.run(batch.inputs(), expected);
                corrections.nextRun((double) batch.count() / (batch.first() + batch.count()));
                simulator.runEarly(batch.inputs(), corrections);
            }
        }
        return corrections.shifts;
    }

    private record Means(Map<String, String> biases, Map<String, float[]> means) implements ValueHook {
        Means(Map<String, String> biases) {
            this(biases, new HashMap<>());
        }

        @Override
        public boolean wants(String value) {
            return biases.containsKey(value);
        }

        @Override
        public Tensor apply(String value, Tensor tensor) {
            means.put(value, ChannelMeans.of(tensor));
            return tensor;
        }
    }

    /// Adds to every layer's output what its mean is short of.
    private static final class Corrections implements ValueHook {
        private final Map<String, float[]> expected;
        private final Map<String, float[]> shifts = new HashMap<>();
        private double weight = 1;

        /// @param expected the float means of the samples of the current run
        Corrections(Map<String, float[]> expected) {
            this.expected = expected;
        }

        /// @param share of all samples so far that the next run holds
        void nextRun(double share) {
            weight = share;
        }

        @Override
        public boolean wants(String value) {
            return expected.containsKey(value);
        }

        @Override
        public Tensor apply(String value, Tensor tensor) {
            float[] found = ChannelMeans.of(tensor);
            float[] target = expected.getOrDefault(value, found);
            float[] shift = shifts.computeIfAbsent(value, _ -> new float[found.length]);
            for (int channel = 0; channel < shift.length; channel++) {
                shift[channel] += (float) (weight * (target[channel] - found[channel] - shift[channel]));
            }
            long[] shape = new long[(int) tensor.dim()];
            Arrays.fill(shape, 1);
            shape[1] = shift.length;
            tensor.add_(Tensor.create(shift, shape).to(tensor.device(), tensor.scalar_type()));
            return tensor;
        }
    }
}
