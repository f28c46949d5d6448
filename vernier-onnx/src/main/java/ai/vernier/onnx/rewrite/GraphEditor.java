package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UseLists;
import ai.vernier.onnx.Value;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The one place where a graph is edited. Queries answer about the graph as edited so far; [#build()] makes the new
/// graph, which shares all unchanged weights with the old one.
///
/// Nodes are known by their outputs, since every value is computed once. Nodes may be added in any order: [#build()]
/// sorts them, and leaves a sorted graph in its order. Inputs and outputs of the graph keep their names. A node that
/// computes nothing is dropped.
public final class GraphEditor {
    private final Graph original;
    private final Optional<GraphEditor> outer;
    /// Every name in the model, so that fresh ones are fresh everywhere; shared with the editors of sub-graphs.
    private final NameSupply names;

    private final Map<String, TensorData> initializers;
    private final Set<String> inputs = new HashSet<>();
    private final Set<String> outputs = new HashSet<>();
    /// By first output, in order.
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    /// First output of the node that computes a value.
    private final Map<String, String> producers = new HashMap<>();
    /// First outputs of the nodes that read a value.
    private final Map<String, Set<String>> readers = new HashMap<>();
    /// Values of graphs around this one, and sparse initializers.
    private final Set<String> foreign;

    public GraphEditor(Graph graph) {
        this(graph, Optional.empty(), new NameSupply());
        SubGraphs.names(graph, names::take);
    }

    private GraphEditor(Graph graph, Optional<GraphEditor> outer, NameSupply names) {
        this.original = graph;
        this.outer = outer;
        this.names = names;
        this.initializers = new LinkedHashMap<>(graph.initializers());
        graph.inputs().forEach(input -> inputs.add(input.name()));
        graph.outputs().forEach(output -> outputs.add(output.name()));
        graph.nodes().stream().filter(node -> !computesNothing(node)).forEach(this::link);
        this.foreign = undefined();
    }

    /// An editor for a sub-graph of one of this graph's nodes; it sees the constants of the graphs around it.
    public GraphEditor nested(Graph subGraph) {
        return new GraphEditor(subGraph, Optional.of(this), names);
    }

    // ---- queries

    public List<Node> nodes() {
        return List.copyOf(nodes.values());
    }

    /// `node` as it is now, known by its first output; empty where it was removed.
    public Optional<Node> current(Node node) {
        return Optional.ofNullable(nodes.get(key(node)));
    }

    /// The node of this graph that computes `value`.
    public Optional<Node> producer(String value) {
        return Optional.ofNullable(producers.get(value)).map(nodes::get);
    }

    /// The nodes of this graph that read `value`, directly or in their sub-graphs.
    public List<Node> consumers(String value) {
        return readers.getOrDefault(value, Set.of()).stream().map(nodes::get).toList();
    }

    /// The one node that reads `value`, where there is exactly one and the value is no graph output.
    public Optional<Node> soleConsumer(String value) {
        List<Node> all = consumers(value);
        return all.size() == 1 && !isGraphOutput(value) ? Optional.of(all.getFirst()) : Optional.empty();
    }

    /// Why `value`, which a node of this graph computes, does not serve one reader alone; empty where it does.
    public Optional<String> objectionToSharing(String value) {
        return soleConsumer(value).isPresent()
                ? Optional.empty()
                : Optional.of("%s: its output '%s' is also read by others, or is a graph output"
                        .formatted(producer(value).map(Node::label).orElse("no node"), value));
    }

    public boolean isGraphInput(String value) {
        return inputs.contains(value);
    }

    public boolean isGraphOutput(String value) {
        return outputs.contains(value);
    }

    /// The initializer `value` of this graph. One that is also listed as an input counts: files of IR version 3 list
    /// all of them.
    public Optional<TensorData> initializer(String value) {
        return Optional.ofNullable(initializers.get(value));
    }

    /// The tensor that `value` always is: an initializer, or a Constant node's tensor, of this graph or one around it.
    public Optional<TensorData> constant(String value) {
        if (initializers.containsKey(value)) {
            return initializer(value);
        }
        if (producers.containsKey(value)) {
            return producer(value)
                    .filter(node -> node.qualifiedType().equals("Constant"))
                    .flatMap(node -> node.attributes().get("value") instanceof Attribute.TensorValue(TensorData tensor)
                            ? Optional.of(tensor)
                            : Optional.empty());
        }
        return isGraphInput(value) ? Optional.empty() : outer.flatMap(around -> around.constant(value));
    }

    // ---- edits

    /// A name that nothing in the model has: `hint`, or `hint_1`, `hint_2` …; it is reserved from now on.
    public String fresh(String hint) {
        return names.fresh(hint);
    }

    /// Adds an initializer under a fresh name like `hint`, and returns the name.
    public String addInitializer(String hint, TensorData tensor) {
        String name = fresh(hint);
        initializers.put(name, tensor);
        return name;
    }

    /// Changes an initializer for all that read it.
    public void setInitializer(String name, TensorData tensor) {
        require(initializers.replace(name, tensor) != null, name + " is no initializer");
    }

    /// Puts initializers in the place of a node, under the names of its outputs.
    ///
    /// @param tensors by name, one for each output that the node has
    public void replaceByInitializers(Node node, Map<String, TensorData> tensors) {
        remove(node);
        for (String output : node.outputs()) {
            require(output.isEmpty() || tensors.containsKey(output), "no tensor for '" + output + "'");
        }
        initializers.putAll(tensors);
    }

    /// Adds a node whose outputs nothing else computes.
    public void add(Node node) {
        node.outputs().forEach(names::take);
        link(node);
    }

    /// Removes a node; whatever read its outputs must be changed, or must be given another producer, before [#build()].
    public void remove(Node node) {
        unlink(known(node));
        nodes.remove(key(node));
    }

    /// Puts `changed` in the place of `old`.
    public void replace(Node old, Node changed) {
        if (!key(old).equals(key(changed))) {
            remove(old);
            add(changed);
            return;
        }
        unlink(known(old));
        add(changed);
    }

    /// Every node that reads `from`, directly or in its sub-graphs, reads `to` instead. A graph output keeps its
    /// producer.
    public void redirect(String from, String to) {
        for (Node reader : consumers(from)) {
            require(!SubGraphs.define(reader, to), reader.label() + " has a value of its own named " + to);
            replace(reader, CapturedNames.rename(reader, Map.of(from, to)));
        }
    }

    /// Why [#bypass] cannot let the readers of `output` read `input`; empty where it can.
    public Optional<String> objectionToBypass(String output, String input) {
        if (isGraphOutput(output) && (isGraphOutput(input) || !producers.containsKey(input))) {
            String kind = isGraphOutput(input) ? "also a graph output" : "not computed by a node of this graph";
            return Optional.of(
                    "its output '%s' is a graph output and its input '%s' is %s".formatted(output, input, kind));
        }
        String moved = isGraphOutput(output) ? input : output;
        String target = isGraphOutput(output) ? output : input;
        return consumers(moved).stream()
                .filter(reader -> SubGraphs.define(reader, target))
                .map(reader -> "%s has a value of its own named '%s'".formatted(reader.label(), target))
                .findFirst();
    }

    /// Removes `node`; what read its output `output` reads `input` instead. Where `output` is a graph output, the
    /// producer of `input` computes it under that name.
    ///
    /// @throws IllegalStateException where [#objectionToBypass] objects
    public void bypass(Node node, String output, String input) {
        objectionToBypass(output, input).ifPresent(objection -> require(false, node.label() + ": " + objection));
        remove(node);
        if (!isGraphOutput(output)) {
            redirect(output, input);
            return;
        }
        Node producer = producer(input).orElseThrow();
        redirect(input, output);
        replace(
                producer,
                producer.withOutputs(producer.outputs().stream()
                        .map(name -> name.equals(input) ? output : name)
                        .toList()));
    }

    /// Removes, transitively, the nodes whose outputs nobody reads, then the initializers that nobody reads. An
    /// initializer that is also listed as an input leaves that list.
    public void removeUnused() {
        Deque<Node> candidates = new ArrayDeque<>(nodes.values());
        while (!candidates.isEmpty()) {
            Optional<Node> node = current(candidates.pop());
            if (node.isPresent() && node.get().outputs().stream().allMatch(this::isUnused)) {
                remove(node.get());
                UseLists.usedBy(node.get()).forEach(value -> producer(value).ifPresent(candidates::add));
            }
        }
        initializers.keySet().removeIf(this::isUnused);
    }

    /// The edited graph.
    ///
    /// @throws IllegalStateException where a node reads what nothing defines, or nodes form a cycle
    public Graph build() {
        Set<String> undefined = undefined();
        undefined.removeAll(foreign);
        undefined.removeIf(value -> outer.isPresent() && outer.get().defines(value));
        require(undefined.isEmpty(), "the edit left values that are read but not defined: " + undefined);
        List<Value> keptInputs = original.inputs().stream()
                .filter(input -> initializers.containsKey(input.name())
                        || !original.initializers().containsKey(input.name()))
                .toList();
        List<Value> valueInfos = original.valueInfos().stream()
                .filter(value -> producers.containsKey(value.name()) || initializers.containsKey(value.name()))
                .toList();
        return original.withInterface(keptInputs, original.outputs())
                .withNodes(TopologicalOrder.of(nodes.values()))
                .withInitializers(initializers)
                .withValueInfos(valueInfos);
    }

    // ---- bookkeeping

    private boolean isUnused(String value) {
        return !isGraphOutput(value) && readers.getOrDefault(value, Set.of()).isEmpty();
    }

    private Node known(Node node) {
        return current(node).orElseThrow(() -> new IllegalStateException(node.label() + " is not in the graph"));
    }

    private void link(Node node) {
        String key = key(node);
        for (String output : node.outputs()) {
            if (!output.isEmpty()) {
                String other = producers.put(output, key);
                require(other == null, "'%s' is computed twice, also by %s".formatted(output, node.label()));
            }
        }
        nodes.put(key, node);
        UseLists.usedBy(node)
                .forEach(value -> readers.computeIfAbsent(value, _ -> new LinkedHashSet<>())
                        .add(key));
    }

    private void unlink(Node node) {
        String key = key(node);
        node.outputs().forEach(producers::remove);
        UseLists.usedBy(node)
                .forEach(value -> readers.getOrDefault(value, Set.of()).remove(key));
    }

    /// Values that are read, or are graph outputs, but not defined here; in order.
    private Set<String> undefined() {
        Set<String> undefined = new LinkedHashSet<>(outputs);
        readers.forEach((value, keys) -> {
            if (!keys.isEmpty()) {
                undefined.add(value);
            }
        });
        undefined.removeIf(this::definesHere);
        return undefined;
    }

    private boolean definesHere(String value) {
        return initializers.containsKey(value) || inputs.contains(value) || producers.containsKey(value);
    }

    private boolean defines(String value) {
        return definesHere(value)
                || foreign.contains(value)
                || (outer.isPresent() && outer.get().defines(value));
    }

    private static boolean computesNothing(Node node) {
        return node.outputs().stream().allMatch(String::isEmpty);
    }

    private static String key(Node node) {
        return node.outputs().stream()
                .filter(output -> !output.isEmpty())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(node.label() + " computes nothing"));
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
