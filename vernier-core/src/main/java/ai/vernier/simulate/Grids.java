package ai.vernier.simulate;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The activations that have to be moved to their grid, without those that are on it already.
///
/// Quantize-dequantize leaves values of its own grid alone (`rint((scale · k) / scale) = k` below 2^22), so a value
/// needs none where it only holds elements of values on the same per-tensor grid.
final class Grids {
    /// Every element of an output is one of the first input, or 0.
    private static final Set<String> FIRST_INPUT = Set.of(
            "DepthToSpace",
            "Expand",
            "Flatten",
            "Gather",
            "GatherElements",
            "GatherND",
            "GlobalMaxPool",
            "Identity",
            "MaxPool",
            "Relu",
            "Reshape",
            "Slice",
            "SpaceToDepth",
            "Split",
            "Squeeze",
            "Tile",
            "Transpose",
            "Unsqueeze");

    private Grids() {}

    /// One quantize-dequantize per activation of `graph` that needs it.
    static Map<String, FakeQuantization> needed(Graph graph, Map<String, Encoding> encodings) {
        Map<String, FakeQuantization> needed = new HashMap<>();
        graph.requiredInputs().forEach(input -> add(input.name(), encodings, needed));
        for (Node node : graph.nodes()) {
            for (String output : node.outputs()) {
                if (!isOnGrid(node, output, encodings)) {
                    add(output, encodings, needed);
                }
            }
        }
        return needed;
    }

    private static void add(String value, Map<String, Encoding> encodings, Map<String, FakeQuantization> needed) {
        Encoding encoding = encodings.get(value);
        if (encoding != null) {
            needed.put(value, new FakeQuantization(value, encoding));
        }
    }

    private static boolean isOnGrid(Node node, String output, Map<String, Encoding> encodings) {
        Encoding encoding = encodings.get(output);
        return encoding != null
                && node.domain().isEmpty()
                && encoding.granularity() instanceof Granularity.PerTensor
                && encoding.format().bits() <= 16
                && sources(node).stream().map(encodings::get).allMatch(source -> Objects.equals(encoding, source));
    }

    /// The inputs whose elements make up the output; one that has no grid where the operator computes.
    private static List<String> sources(Node node) {
        if (node.opType().equals("Concat")) {
            return node.inputs();
        }
        return FIRST_INPUT.contains(node.opType()) ? node.inputs().subList(0, 1) : List.of("");
    }
}
