package ai.vernier.passes;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.DoubleStream;

/// A group of element-wise nodes with scalar constants that together compute one function of one value, such as
/// Add, Clip, Mul and Div for x · clip(x + 3, 0, 6) / 6; it can be evaluated at any number.
final class PointwiseFunction {
    /// The longest spelling in use, GELU by tanh with every product apart, has ten nodes.
    private static final int MOST_NODES = 16;

    private static final Set<String> OPERATORS = Set.of(
            "Abs",
            "Add",
            "Clip",
            "Div",
            "Erf",
            "Exp",
            "HardSigmoid",
            "Log",
            "Max",
            "Min",
            "Mul",
            "Neg",
            "Pow",
            "Reciprocal",
            "Relu",
            "Sigmoid",
            "Softplus",
            "Sqrt",
            "Sub",
            "Tanh");

    private final String input;
    private final List<Node> nodes;
    private final Map<String, Double> constants;

    private PointwiseFunction(String input, List<Node> nodes, Map<String, Double> constants) {
        this.input = input;
        this.nodes = List.copyOf(nodes);
        this.constants = Map.copyOf(constants);
    }

    /// Every function of one value that ends at `node`, those of fewer nodes first.
    static List<PointwiseFunction> endingAt(Node node, GraphEditor graph) {
        List<PointwiseFunction> found = new ArrayList<>();
        if (!isPointwise(node)) {
            return found;
        }
        Set<String> seen = new LinkedHashSet<>();
        Deque<Node> open = new ArrayDeque<>(List.of(node));
        while (!open.isEmpty() && seen.size() <= MOST_NODES) {
            for (String input : open.pop().inputs()) {
                if (!input.isEmpty() && scalar(input, graph).isEmpty() && seen.add(input)) {
                    between(input, node, graph).ifPresent(found::add);
                    graph.producer(input).filter(PointwiseFunction::isPointwise).ifPresent(open::add);
                }
            }
        }
        return found;
    }

    private static boolean isPointwise(Node node) {
        return node.domain().isEmpty() && OPERATORS.contains(node.opType());
    }

    /// The function of `input` that `last` computes; empty where it depends on more.
    private static Optional<PointwiseFunction> between(String input, Node last, GraphEditor graph) {
        Collected collected = new Collected(input, graph, new ArrayList<>(), new HashMap<>());
        return collected.collect(last, 1)
                ? Optional.of(new PointwiseFunction(input, collected.sorted, collected.constants))
                : Optional.empty();
    }

    /// Walks up from the last node to the input, at most [#MOST_NODES] up: a graph may be a chain of a million.
    private record Collected(String input, GraphEditor graph, List<Node> sorted, Map<String, Double> constants) {
        boolean collect(Node node, int depth) {
            if (depth > MOST_NODES) {
                return false;
            }
            for (String value : node.inputs()) {
                if (value.isEmpty()
                        || value.equals(input)
                        || constants.containsKey(value)
                        || isComputed(value, sorted)) {
                    continue;
                }
                Optional<Double> scalar = operand(value, node);
                if (scalar.isPresent()) {
                    constants.put(value, scalar.get());
                    continue;
                }
                Optional<Node> producer = graph.producer(value).filter(PointwiseFunction::isPointwise);
                if (producer.isEmpty() || !collect(producer.get(), depth + 1)) {
                    return false;
                }
            }
            sorted.add(node);
            return sorted.size() <= MOST_NODES;
        }

        /// A number of the operator's own type; exponents may be integers, where integers are not meant.
        private Optional<Double> operand(String value, Node node) {
            return scalar(value, graph)
                    .filter(_ -> node.opType().equals("Pow")
                            || graph.constant(value)
                                    .filter(tensor -> tensor.dataType() == DataType.FLOAT)
                                    .isPresent());
        }
    }

    private static boolean isComputed(String value, List<Node> nodes) {
        return nodes.stream().anyMatch(node -> node.outputs().getFirst().equals(value));
    }

    private static Optional<Double> scalar(String value, GraphEditor graph) {
        return graph.constant(value)
                .filter(tensor -> tensor.elementCount() == 1)
                .filter(tensor ->
                        tensor.dataType() == DataType.FLOAT || tensor.dataType().isInteger())
                .map(tensor -> tensor.dataType() == DataType.FLOAT ? (double) tensor.floatAt(0) : tensor.toLongs()[0]);
    }

    String input() {
        return input;
    }

    /// In order of computation.
    List<Node> nodes() {
        return nodes;
    }

    /// Why the nodes cannot be replaced by one; empty where they can.
    ///
    /// @param ranks where more axes of constants than of the input would be lost
    Optional<String> objection(GraphEditor graph, Ranks ranks) {
        for (Node node : nodes.subList(0, nodes.size() - 1)) {
            String value = node.outputs().getFirst();
            boolean alone = graph.consumers(value).stream()
                    .allMatch(reader -> isComputed(reader.outputs().getFirst(), nodes));
            if (!alone || graph.isGraphOutput(value)) {
                return Optional.of(
                        "its intermediate value '%s' is also read by others, or is a graph output".formatted(value));
            }
        }
        int rank = Math.min(1, ranks.rank(input).orElse(0));
        return constants.keySet().stream()
                .filter(name -> graph.constant(name).map(TensorData::rank).orElse(0) > rank)
                .map(name -> "constant '%s' has more axes than '%s' is known to have, and may add some to the result"
                        .formatted(name, input))
                .sorted()
                .findFirst();
    }

    double at(double x) {
        Map<String, Double> values = new HashMap<>(constants);
        values.put(input, x);
        for (Node node : nodes) {
            values.put(node.outputs().getFirst(), value(node, new Operands(node, values)));
        }
        return new Operands(nodes.getLast(), values)
                .named(nodes.getLast().outputs().getFirst());
    }

    /// The numbers that a node reads.
    private record Operands(Node node, Map<String, Double> values) {
        double named(String name) {
            return Objects.requireNonNull(values.get(name), name);
        }

        double at(int index) {
            return named(node.inputs().get(index));
        }

        /// Bounds are attributes in older opsets, inputs in newer ones.
        double bound(int index, String attribute, float otherwise) {
            return node.input(index).map(this::named).orElseGet(() ->
                    (double) node.floatAttribute(attribute, otherwise));
        }

        DoubleStream all() {
            return node.inputs().stream().mapToDouble(this::named);
        }
    }

    private static double value(Node node, Operands in) {
        double x = in.at(0);
        return switch (node.opType()) {
            case "Abs" -> Math.abs(x);
            case "Add" -> x + in.at(1);
            case "Clip" ->
                Math.min(in.bound(2, "max", Float.MAX_VALUE), Math.max(in.bound(1, "min", -Float.MAX_VALUE), x));
            case "Div" -> x / in.at(1);
            case "Erf" -> ErrorFunction.at(x);
            case "Exp" -> Math.exp(x);
            case "HardSigmoid" ->
                Math.clamp(node.floatAttribute("alpha", 0.2f) * x + node.floatAttribute("beta", 0.5f), 0, 1);
            case "Log" -> Math.log(x);
            case "Max" -> in.all().reduce(x, Math::max);
            case "Min" -> in.all().reduce(x, Math::min);
            case "Mul" -> x * in.at(1);
            case "Neg" -> -x;
            case "Pow" -> Math.pow(x, in.at(1));
            case "Reciprocal" -> 1 / x;
            case "Relu" -> Math.max(0, x);
            case "Sigmoid" -> 1 / (1 + Math.exp(-x));
            case "Softplus" -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
            case "Sqrt" -> Math.sqrt(x);
            case "Sub" -> x - in.at(1);
            case "Tanh" -> Math.tanh(x);
            default -> throw new IllegalStateException(node.label() + " is not computed here");
        };
    }
}
