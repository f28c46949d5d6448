package ai.vernier.analyze;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a model consists of and what one run of it costs.
///
/// @param operators how often each operator occurs, the most frequent first; sub-graphs included
/// @param parameters elements of all constant tensors but int64, strings and booleans (those are shapes and indices)
/// @param weightBytes size of all constant tensors
/// @param multiplyAccumulates of one sample
public record ModelSummary(
        Map<String, Integer> operators, long parameters, long weightBytes, MultiplyAccumulates multiplyAccumulates) {
    public ModelSummary {
        operators = Collections.unmodifiableMap(new LinkedHashMap<>(operators));
    }

    /// Reads the summary off `model`; nothing is executed.
    public static ModelSummary of(Model model) {
        List<Graph> graphs = new ArrayList<>();
        addGraphs(model.graph(), graphs);
        List<TensorData> constants =
                graphs.stream().flatMap(graph -> constants(graph).stream()).toList();
        return new ModelSummary(
                operators(graphs),
                constants.stream()
                        .filter(ModelSummary::isParameter)
                        .mapToLong(TensorData::elementCount)
                        .sum(),
                constants.stream().mapToLong(TensorData::sizeBytes).sum(),
                MultiplyAccumulates.of(model.graph()));
    }

    public int nodes() {
        return operators.values().stream().mapToInt(Integer::intValue).sum();
    }

    private static void addGraphs(Graph graph, List<Graph> found) {
        found.add(graph);
        for (Node node : graph.nodes()) {
            for (Attribute attribute : node.attributes().values()) {
                if (attribute instanceof Attribute.GraphValue(Graph inner)) {
                    addGraphs(inner, found);
                } else if (attribute instanceof Attribute.GraphsValue(List<Graph> inner)) {
                    inner.forEach(each -> addGraphs(each, found));
                }
            }
        }
    }

    private static Map<String, Integer> operators(List<Graph> graphs) {
        Map<String, Integer> counts = new TreeMap<>();
        graphs.stream()
                .flatMap(graph -> graph.nodes().stream())
                .forEach(node -> counts.merge(node.qualifiedType(), 1, Integer::sum));
        Map<String, Integer> ordered = new LinkedHashMap<>();
        counts.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .forEach(entry -> ordered.put(entry.getKey(), entry.getValue()));
        return ordered;
    }

    private static List<TensorData> constants(Graph graph) {
        List<TensorData> tensors = new ArrayList<>(graph.initializers().values());
        for (Node node : graph.nodes()) {
            if (node.opType().equals("Constant")
                    && node.attributes().get("value") instanceof Attribute.TensorValue(TensorData tensor)) {
                tensors.add(tensor);
            }
        }
        return tensors;
    }

    private static boolean isParameter(TensorData tensor) {
        return switch (tensor.dataType()) {
            case INT64, STRING, BOOL -> false;
            case DataType other -> other.bits() > 0;
        };
    }
}
