package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Replaces every call of a model-local function by the function's nodes.
///
///     y = f(x)    f(a) => (b) { c = Relu(a)  b = Neg(c) }    becomes    f/c = Relu(x)  y = Neg(f/c)
///
/// Arguments that are absent stay absent; references to attributes become the caller's values or the defaults.
public final class InlineFunctions implements Pass {
    /// Functions that call functions multiply: a small file may ask for more nodes than any memory holds.
    private static final int MAX_NODES = 1_000_000;

    /// Calls within calls; more would exhaust the stack of a thread.
    private static final int MAX_CALLS = 200;

    /// Sub-graphs within sub-graphs, as deep as protobuf reads them.
    private static final int MAX_GRAPHS = 32;

    @Override
    public String name() {
        return "InlineFunctions";
    }

    /// @throws InvalidInputException where a function calls itself
    /// @throws UnsupportedModelException where a function is written against another opset than the model, or where
    ///     the functions expand to too much or too deep a graph
    @Override
    public PassResult apply(Model model) {
        return model.functions().isEmpty() ? new PassResult(model, PassLog.EMPTY) : new Inlining(model).run();
    }

    /// One run over a model.
    private static final class Inlining {
        private final Model model;
        private final Map<String, Function> functions = new HashMap<>();
        private final Map<String, Long> opsets = new LinkedHashMap<>();
        private final NameSupply names;
        private final List<PassLog.Entry> log = new ArrayList<>();
        private final Deque<String> calls = new ArrayDeque<>();
        private int nodes;
        private int graphs;

        Inlining(Model model) {
            this.model = model;
            this.names = NameSupply.of(model.graph());
            model.functions().forEach(function -> functions.put(key(function), function));
            model.operatorSets().forEach(set -> opsets.put(set.domain(), set.version()));
        }

        PassResult run() {
            Graph flat = graph(model.graph(), "model");
            List<OperatorSet> sets = opsets.entrySet().stream()
                    .map(entry -> new OperatorSet(entry.getKey(), entry.getValue()))
                    .toList();
            Model inlined = new Model(model.irVersion(), sets, model.producer(), flat, List.of(), model.details());
            return new PassResult(inlined, new PassLog(log));
        }

        private static String key(Function function) {
            String domain = function.domain().equals("ai.onnx") ? "" : function.domain();
            return String.join("\n", domain, function.name(), function.overload());
        }

        private Graph graph(Graph graph, String place) {
            graphs++;
            if (graphs > MAX_GRAPHS) {
                throw new UnsupportedModelException("%s: the functions expand to graphs within graphs more than %d deep"
                        .formatted(place, MAX_GRAPHS));
            }
            Graph flat = graph.withNodes(nodes(graph.nodes()));
            graphs--;
            return flat;
        }

        private List<Node> nodes(List<Node> originals) {
            List<Node> result = new ArrayList<>();
            for (Node node : originals) {
                Function called = functions.get(String.join("\n", node.domain(), node.opType(), node.overload()));
                count(node);
                if (called == null) {
                    String place = node.label();
                    result.add(node.withAttributes(attributes(node.attributes(), inner -> graph(inner, place))));
                } else {
                    result.addAll(body(node, called));
                }
            }
            return result;
        }

        private void count(Node node) {
            nodes++;
            if (nodes > MAX_NODES) {
                throw new UnsupportedModelException(
                        "%s: the functions expand to more than %d nodes".formatted(node.label(), MAX_NODES));
            }
        }

        private List<Node> body(Node call, Function function) {
            if (calls.contains(key(function))) {
                throw new InvalidInputException("%s: function '%s' calls itself; expected functions that end"
                        .formatted(call.label(), function.name()));
            }
            if (calls.size() == MAX_CALLS) {
                throw new UnsupportedModelException(
                        "%s: its function is called by functions more than %d deep".formatted(call.label(), MAX_CALLS));
            }
            requireOpsets(call, function);
            Instance instance = new Instance(names, call, function);
            List<Node> renamed = new ArrayList<>();
            function.nodes().forEach(node -> renamed.add(instance.node(node)));
            renamed.addAll(instance.passedThrough());
            calls.push(key(function));
            List<Node> result = nodes(renamed);
            calls.pop();
            log.add(new PassLog.Entry(
                    "InlineFunctions",
                    call.label(),
                    new Outcome.Applied("replaced by %d nodes".formatted(result.size()))));
            return result;
        }

        private void requireOpsets(Node call, Function function) {
            for (OperatorSet set : function.operatorSets()) {
                long known = opsets.computeIfAbsent(set.domain(), _ -> set.version());
                if (known != set.version()) {
                    throw new UnsupportedModelException(
                            "%s: its function is written against opset %d of domain '%s', the model against %d"
                                    .formatted(call.label(), set.version(), set.domain(), known));
                }
            }
        }
    }

    private static Map<String, Attribute> attributes(Map<String, Attribute> original, UnaryOperator<Graph> change) {
        Map<String, Attribute> result = new LinkedHashMap<>();
        original.forEach((key, value) -> result.put(
                key,
                switch (value) {
                    case Attribute.GraphValue(Graph graph) -> new Attribute.GraphValue(change.apply(graph));
                    case Attribute.GraphsValue(List<Graph> graphs) ->
                        new Attribute.GraphsValue(graphs.stream().map(change).toList());
                    default -> value;
                }));
        return result;
    }

    /// A function at one place of call: what its names and attributes stand for.
    private static final class Instance {
        private final NameSupply names;
        private final Node call;
        private final Function function;
        private final Map<String, String> values = new HashMap<>();
        private final Map<String, String> copies = new LinkedHashMap<>();

        Instance(NameSupply names, Node call, Function function) {
            this.names = names;
            this.call = call;
            this.function = function;
            for (int i = 0; i < function.inputs().size(); i++) {
                values.put(function.inputs().get(i), call.input(i).orElse(""));
            }
            for (int i = 0; i < function.outputs().size() && i < call.outputs().size(); i++) {
                String wanted = call.outputs().get(i);
                String inner = function.outputs().get(i);
                if (!wanted.isEmpty() && values.putIfAbsent(inner, wanted) != null) {
                    copies.put(wanted, inner);
                }
            }
        }

        /// Outputs that are inputs of the function, or handed out twice.
        List<Node> passedThrough() {
            List<Node> identities = new ArrayList<>();
            copies.forEach(
                    (wanted, inner) -> identities.add(Node.of("", "Identity", List.of(value(inner)), List.of(wanted))));
            return identities;
        }

        private String value(String name) {
            return name.isEmpty() ? "" : values.computeIfAbsent(name, _ -> names.fresh(function.name() + "/" + name));
        }

        Node node(Node original) {
            Map<String, Attribute> resolved = new LinkedHashMap<>();
            original.attributes().forEach((key, value) -> resolve(value).ifPresent(found -> resolved.put(key, found)));
            return new Node(
                    original.name(),
                    original.opType(),
                    original.domain(),
                    original.overload(),
                    original.inputs().stream().map(this::value).toList(),
                    original.outputs().stream().map(this::value).toList(),
                    attributes(resolved, this::inner),
                    original.details());
        }

        /// The attribute; of a reference what the caller says, or the function's default, or nothing.
        private Optional<Attribute> resolve(Attribute attribute) {
            if (!(attribute instanceof Attribute.Reference(String name, int _))) {
                return Optional.of(attribute);
            }
            Attribute given = call.attributes().get(name);
            return Optional.ofNullable(
                    given != null ? given : function.attributeDefaults().get(name));
        }

        /// A sub-graph of the body: its own values get names of their own too.
        private Graph inner(Graph graph) {
            Set<String> own = new HashSet<>(graph.initializers().keySet());
            graph.inputs().forEach(input -> own.add(input.name()));
            graph.nodes().forEach(node -> own.addAll(node.outputs()));
            Map<String, String> outside = new HashMap<>();
            own.forEach(name -> Optional.ofNullable(values.remove(name)).ifPresent(old -> outside.put(name, old)));
            Map<String, TensorData> initializers = new LinkedHashMap<>();
            graph.initializers().forEach((name, tensor) -> initializers.put(value(name), tensor));
            Graph renamed = new Graph(
                    graph.name(),
                    renamed(graph.inputs()),
                    renamed(graph.outputs()),
                    graph.nodes().stream().map(this::node).toList(),
                    initializers,
                    List.of(),
                    graph.details());
            own.forEach(values::remove);
            values.putAll(outside);
            return renamed;
        }

        private List<Value> renamed(List<Value> originals) {
            return originals.stream()
                    .map(value -> new Value(value(value.name()), value.type(), value.details()))
                    .toList();
        }
    }
}
