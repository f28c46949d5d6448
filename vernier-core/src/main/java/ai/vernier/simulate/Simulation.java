package ai.vernier.simulate;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Quantizer;
import java.util.LinkedHashMap;
import java.util.Map;

/// A quantized model made ready to run in float arithmetic.
///
/// @param model its quantized initializers replaced by their dequantized values, its nodes rounding where integer
///     kernels round
/// @param steps how values are moved to their grids once they are computed, by name
record Simulation(Model model, Map<String, ToGrid> steps) {
    static Simulation of(QuantizedModel quantized) {
        Graph graph = quantized.model().graph();
        IntegerKernels.Rounded rounded = IntegerKernels.in(graph, quantized.encodings());
        Map<String, ToGrid> steps = new LinkedHashMap<>(Grids.needed(graph, quantized.encodings()));
        steps.putAll(rounded.steps());
        Graph onGrid = withWeightsOnGrid(rounded.graph(), quantized.encodings());
        return new Simulation(quantized.model().withGraph(onGrid), steps);
    }

    /// Without the roundings of integer kernels: quantize-dequantize around float operators.
    static Simulation plain(QuantizedModel quantized) {
        Graph graph = withWeightsOnGrid(quantized.model().graph(), quantized.encodings());
        return new Simulation(
                quantized.model().withGraph(graph), Map.copyOf(Grids.needed(graph, quantized.encodings())));
    }

    private static Graph withWeightsOnGrid(Graph graph, Map<String, Encoding> encodings) {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        graph.initializers().forEach((name, value) -> {
            Encoding encoding = encodings.get(name);
            initializers.put(name, encoding == null ? value : Quantizer.ONNX.fakeQuantize(value, encoding));
        });
        return graph.withInitializers(initializers);
    }
}
