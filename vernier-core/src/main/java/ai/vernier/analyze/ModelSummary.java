package ai.vernier.analyze;

import ai.vernier.engine.Coverage;
import ai.vernier.engine.Runner;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.InlineFunctions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a model consists of and what one run of it costs. Functions count where they are called.
///
/// @param uses the operators, the most frequent first; those of sub-graphs included
/// @param functions that the model defines
/// @param subGraphs of If, Loop, Scan and the like, at any depth
/// @param parameters elements of all constant tensors but int64, strings and booleans (those are shapes and indices)
/// @param weightBytes size of all constant tensors by element type
/// @param dimensions what costs are for
public record ModelSummary(
        List<OperatorUse> uses,
        List<FunctionUse> functions,
        int subGraphs,
        long parameters,
        Map<DataType, Long> weightBytes,
        InputDimensions dimensions,
        MultiplyAccumulates multiplyAccumulates,
        ActivationMemory activations) {
    public ModelSummary {
        uses = List.copyOf(uses);
        functions = List.copyOf(functions);
        weightBytes = Collections.unmodifiableMap(new TreeMap<>(weightBytes));
    }

    /// Reads the summary for one sample off `model`; nothing is executed, no native library is loaded.
    public static ModelSummary of(Model model) {
        return of(model, Map.of());
    }

    /// Reads the summary off `model`; nothing is executed, no native library is loaded.
    ///
    /// @param extents ≥ 0 of dimensions that the inputs leave open, by name or `input:axis`
    /// @throws ai.vernier.onnx.InvalidInputException with every name that no input leaves open
    public static ModelSummary of(Model model, Map<String, Long> extents) {
        InputDimensions dimensions = InputDimensions.of(model, extents);
        Model plain = new InlineFunctions().apply(model).model();
        Graph graph = dimensions.fix(plain.graph());
        ValueFacts facts = ShapeInference.of(graph);
        List<Graph> graphs = new ArrayList<>();
        addGraphs(graph, graphs);
        List<TensorData> constants =
                graphs.stream().flatMap(ModelSummary::constants).toList();
        MultiplyAccumulates cost = MultiplyAccumulates.of(graph, facts);
        return new ModelSummary(
                uses(plain, graph, cost),
                model.functions().stream().map(ModelSummary::use).toList(),
                graphs.size() - 1,
                constants.stream()
                        .filter(ModelSummary::isParameter)
                        .mapToLong(TensorData::elementCount)
                        .sum(),
                constants.stream()
                        .collect(Collectors.groupingBy(
                                TensorData::dataType, Collectors.summingLong(TensorData::sizeBytes))),
                dimensions,
                cost,
                ActivationMemory.of(graph, facts));
    }

    public int nodes() {
        return uses.stream().mapToInt(OperatorUse::nodes).sum();
    }

    /// How often each operator occurs, the most frequent first.
    public Map<String, Integer> operators() {
        Map<String, Integer> counts = new LinkedHashMap<>();
        uses.forEach(use -> counts.put(use.operator(), use.nodes()));
        return counts;
    }

    /// The operators that `runner` would compute.
    public List<OperatorUse> uses(Runner runner) {
        return uses.stream().filter(use -> use.runner() == runner).toList();
    }

    /// Size of all constant tensors.
    public long totalWeightBytes() {
        return weightBytes.values().stream().mapToLong(Long::longValue).sum();
    }

    private static void addGraphs(Graph graph, List<Graph> found) {
        found.add(graph);
        graph.nodes().forEach(node -> innerGraphs(node).forEach(inner -> addGraphs(inner, found)));
    }

    private static Stream<Graph> innerGraphs(Node node) {
        return node.attributes().values().stream().flatMap(attribute -> switch (attribute) {
            case Attribute.GraphValue(Graph inner) -> Stream.of(inner);
            case Attribute.GraphsValue(List<Graph> inner) -> inner.stream();
            default -> Stream.of();
        });
    }

    private static List<OperatorUse> uses(Model model, Graph graph, MultiplyAccumulates cost) {
        Map<String, OperatorUse> uses = new TreeMap<>();
        count(graph, ElementTypes.of(graph), new Coverage(model), uses);
        Function<OperatorUse, OperatorUse> priced = use -> new OperatorUse(
                use.operator(), use.nodes(), cost.byOperator().getOrDefault(use.operator(), 0L), use.runner());
        return uses.values().stream()
                .map(priced)
                .sorted(Comparator.comparingInt(OperatorUse::nodes).reversed())
                .toList();
    }

    private static void count(Graph graph, ElementTypes types, Coverage coverage, Map<String, OperatorUse> uses) {
        for (Node node : graph.nodes()) {
            OperatorUse use = new OperatorUse(node.qualifiedType(), 1, 0, coverage.of(node, types));
            uses.merge(use.operator(), use, OperatorUse::merge);
            innerGraphs(node).forEach(inner -> count(inner, types.inside(inner), coverage, uses));
        }
    }

    private static FunctionUse use(ai.vernier.onnx.Function function) {
        String name = function.domain().isEmpty() ? function.name() : function.domain() + "." + function.name();
        return new FunctionUse(name, function.nodes().size());
    }

    private static Stream<TensorData> constants(Graph graph) {
        return Stream.concat(
                graph.initializers().values().stream(),
                graph.nodes().stream()
                        .filter(node -> node.qualifiedType().equals("Constant"))
                        .flatMap(node -> node.attributes().values().stream())
                        .flatMap(attribute -> attribute instanceof Attribute.TensorValue(TensorData tensor)
                                ? Stream.of(tensor)
                                : Stream.of()));
    }

    private static boolean isParameter(TensorData tensor) {
        return switch (tensor.dataType()) {
            case INT64, STRING, BOOL -> false;
            case DataType other -> other.bits() > 0;
        };
    }
}
