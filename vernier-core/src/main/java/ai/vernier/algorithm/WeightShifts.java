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
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Quantizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// What the rounding of a layer's own weights takes from the mean of its output, the layer reading what it reads in the
/// float model:
///
///     shift_c = E[Σ (W − Ŵ)_c · x]
///
/// Section 4.2 of "Data-Free Quantization Through Weight Equalization and Bias Correction" (Nagel et al. 2019), with
/// measured instead of derived means of x. Every sample adds its part whatever the others are, so that samples can run
/// one at a time. Each layer with a bias gets a neighbour in the graph:
///
/// ```
/// Conv(x, W, b) → y     becomes    Conv(x, W, b) → y;  Conv(x, W − Ŵ, 0) → error of y
/// ```
record WeightShifts(EngineOptions engine) {
    private static final String MARK = "″";

    /// Samples per run: bounds the memory.
    private static final int BATCH = 4;

    /// By the layers' outputs, which are the keys of `biases`.
    Map<String, float[]> of(QuantizedModel quantized, Map<String, String> biases, SampleSource data) {
        Sums sums = new Sums();
        try (Executor executor = Executor.compile(withErrors(quantized, biases), engine, Sums::isError)) {
            for (Batch batch : data.batches(Math.min(BATCH, data.maxBatch()))) {
                sums.addNext(batch.count());
                executor.run(batch.inputs(), sums);
            }
        }
        return sums.means();
    }

    private static Model withErrors(QuantizedModel quantized, Map<String, String> biases) {
        Graph graph = quantized.model().graph();
        Map<String, TensorData> initializers = new LinkedHashMap<>(graph.initializers());
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            nodes.add(node);
            if (biases.containsKey(node.outputs().getFirst())) {
                String weight = node.inputs().get(1);
                Encoding grid = quantized.encodings().get(weight);
                TensorData values = initializers.get(weight);
                TensorData bias = initializers.get(node.inputs().get(2));
                if (grid != null && values != null && bias != null) {
                    nodes.add(marked(node));
                    initializers.put(weight + MARK, error(values, grid));
                    initializers.put(node.inputs().get(2) + MARK, zeros(bias));
                }
            }
        }
        return quantized.model().withGraph(graph.withNodes(nodes).withInitializers(initializers));
    }

    private static Node marked(Node node) {
        List<String> inputs = node.inputs();
        return node.withInputs(List.of(inputs.get(0), inputs.get(1) + MARK, inputs.get(2) + MARK))
                .withOutputs(List.of(node.outputs().getFirst() + MARK));
    }

    private static TensorData error(TensorData weight, Encoding grid) {
        float[] values = weight.toFloats();
        float[] rounded = Quantizer.ONNX.fakeQuantize(weight, grid).toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] -= rounded[i];
        }
        return TensorData.ofFloats(values, weight.dims());
    }

    private static TensorData zeros(TensorData bias) {
        return TensorData.ofFloats(new float[Math.toIntExact(bias.elementCount())], bias.dims());
    }

    /// Sums of the samples' mean errors, by the layers' outputs.
    private static final class Sums implements ValueHook {
        private final Map<String, double[]> sums = new LinkedHashMap<>();
        private int count;
        private long total;

        static boolean isError(String value) {
            return value.endsWith(MARK);
        }

        /// @param samples in the next run
        void addNext(int samples) {
            count = samples;
            total += samples;
        }

        @Override
        public boolean wants(String value) {
            return isError(value);
        }

        @Override
        public Tensor apply(String value, Tensor tensor) {
            float[] means = ChannelMeans.of(tensor);
            double[] sum = sums.computeIfAbsent(
                    value.substring(0, value.length() - MARK.length()), _ -> new double[means.length]);
            for (int channel = 0; channel < sum.length; channel++) {
                sum[channel] += (double) count * means[channel];
            }
            return tensor;
        }

        Map<String, float[]> means() {
            Map<String, float[]> means = new LinkedHashMap<>();
            sums.forEach((layer, sum) -> {
                float[] mean = new float[sum.length];
                for (int channel = 0; channel < mean.length; channel++) {
                    mean[channel] = (float) (sum[channel] / total);
                }
                means.put(layer, mean);
            });
            return means;
        }
    }
}
