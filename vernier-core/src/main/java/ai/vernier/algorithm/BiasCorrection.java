package ai.vernier.algorithm;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.data.Batch;
import ai.vernier.data.SampleSource;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ValueHook;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.recipe.Decision;
import ai.vernier.simulate.Simulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Takes the mean error of every layer out of its bias:
///
///     b_c ← b_c + E[y_c] − E[ŷ_c]
///
/// with y the float and ŷ the quantized pre-activation of channel c, over samples and positions. Rounding noise of
/// weights and clipped activations shift the means, and shifts add up from layer to layer. As in "Data-Free
/// Quantization Through Weight Equalization and Bias Correction" (Nagel et al. 2019, appendix D) the layers are
/// corrected
/// in order, each on inputs that earlier corrections have put right; one quantized run over one batch does all of them,
/// since a correction takes effect inside the run that measures it.
///
/// @param samples of the calibration data, in one batch; more cost memory in proportion
public record BiasCorrection(EngineOptions engine, int samples) {
    /// Means over fewer samples are noise themselves.
    private static final int LEAST_SAMPLES = 8;

    /// With 16 samples: means of convolution outputs are over thousands of positions, and memory stays bounded.
    public BiasCorrection(EngineOptions engine) {
        this(engine, 16);
    }

    /// `quantized` with corrected biases, or with a note that says why there was nothing to correct.
    ///
    /// Corrected are the biases on an accumulator's grid that one layer alone uses; the grids stay as they are.
    public QuantizedModel apply(QuantizedModel quantized, SampleSource data) {
        Map<String, String> biases = biasesByOutput(quantized);
        int count = (int) Math.min(Math.min(samples, data.size()), data.maxBatch());
        if (biases.isEmpty() || count < LEAST_SAMPLES) {
            String reason = biases.isEmpty()
                    ? "no layer has an integer bias of its own"
                    : "batches of %d samples are too few, expected at least %d".formatted(count, LEAST_SAMPLES);
            return withNote(quantized, "biases were not corrected: " + reason);
        }
        Batch batch = data.read(0, count);
        Means floatMeans = new Means(biases);
        try (Executor executor = Executor.compile(quantized.model(), engine, biases::containsKey)) {
            executor.run(batch.inputs(), floatMeans);
        }
        Corrections corrections = new Corrections(floatMeans.means);
        Simulator.runOnce(quantized, engine, batch.inputs(), corrections);
        return corrected(quantized, biases, corrections.shifts);
    }

    /// The bias of each layer that can be corrected, by the layer's output.
    private static Map<String, String> biasesByOutput(QuantizedModel quantized) {
        Graph graph = quantized.model().graph();
        Map<String, String> biases = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            node.input(2)
                    .filter(bias -> quantized.plan().decision(bias) instanceof Decision.AccumulatorBias)
                    .filter(quantized.encodings()::containsKey)
                    .filter(bias -> graph.uses().soleConsumer(bias).isPresent())
                    .ifPresent(bias -> biases.put(node.outputs().getFirst(), bias));
        }
        return biases;
    }

    private static QuantizedModel corrected(
            QuantizedModel quantized, Map<String, String> biases, Map<String, float[]> shifts) {
        Model model = quantized.model();
        Map<String, TensorData> initializers = new LinkedHashMap<>(model.graph().initializers());
        shifts.forEach((output, shift) -> initializers.computeIfPresent(biases.get(output), (_, bias) -> {
            float[] values = bias.toFloats();
            for (int channel = 0; channel < values.length; channel++) {
                values[channel] += shift[channel];
            }
            return TensorData.ofFloats(values, bias.dims());
        }));
        Model changed = model.withGraph(model.graph().withInitializers(initializers));
        return new QuantizedModel(changed, quantized.plan(), quantized.encodings(), quantized.notes());
    }

    private static QuantizedModel withNote(QuantizedModel quantized, String note) {
        List<String> notes = new ArrayList<>(quantized.notes());
        notes.add(note);
        return new QuantizedModel(quantized.model(), quantized.plan(), quantized.encodings(), notes);
    }

    /// Mean of every channel (axis 1) over the other axes.
    private static Tensor channelMeans(Tensor output) {
        long[] others = new long[(int) output.dim() - 1];
        for (int axis = 1; axis < others.length; axis++) {
            others[axis] = axis + 1L;
        }
        return torch.mean(output, others, true, new ScalarTypeOptional());
    }

    private static float[] toHost(Tensor means) {
        float[] values = new float[(int) means.numel()];
        means.cpu().contiguous().data_ptr_float().get(values);
        return values;
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
            means.put(value, toHost(channelMeans(tensor)));
            return tensor;
        }
    }

    private record Corrections(Map<String, float[]> expected, Map<String, float[]> shifts) implements ValueHook {
        Corrections(Map<String, float[]> expected) {
            this(expected, new HashMap<>());
        }

        @Override
        public boolean wants(String value) {
            return expected.containsKey(value);
        }

        @Override
        public Tensor apply(String value, Tensor tensor) {
            Tensor means = channelMeans(tensor);
            float[] shift = toHost(means);
            float[] target = expected.getOrDefault(value, shift);
            for (int channel = 0; channel < shift.length; channel++) {
                shift[channel] = target[channel] - shift[channel];
            }
            shifts.put(value, shift);
            long[] shape = new long[(int) tensor.dim()];
            Arrays.fill(shape, 1);
            shape[1] = shift.length;
            tensor.add_(Tensor.create(shift, shape).to(tensor.device(), tensor.scalar_type()));
            return tensor;
        }
    }
}
