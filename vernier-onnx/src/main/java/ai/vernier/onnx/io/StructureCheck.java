package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxProto.GraphProto;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Checks the names of a model, and that its nodes have their inputs: every value is defined once, and
/// before it is used ([IR specification, "Names within a graph" and
/// "Graphs"](https://onnx.ai/onnx/repo-docs/IR.html)). A sub-graph sees the values of the graphs around it.
final class StructureCheck {
    private final Problems problems;
    private final ArityCheck arity;

    StructureCheck(Problems problems) {
        this.problems = problems;
        this.arity = new ArityCheck(problems);
    }

    void check(Model model) {
        graph(model.graph(), Optional.empty(), "");
        Set<List<String>> ids = new HashSet<>();
        for (Function function : model.functions()) {
            String place = "function '" + function.name() + "'";
            if (!ids.add(List.of(function.domain(), function.name(), function.overload()))) {
                problems.add(place, "is defined twice");
            }
            function(function, place);
        }
        new CallCheck(model.functions(), problems).check();
    }

    /// The values that a node can see; the graphs around come after its own.
    private record Scope(Set<String> defined, Set<String> definedLater, Optional<Scope> outer) {
        boolean sees(String value) {
            return defined.contains(value) || (outer.isPresent() && outer.get().sees(value));
        }

        boolean willSee(String value) {
            return definedLater.contains(value)
                    || (outer.isPresent() && outer.get().willSee(value));
        }
    }

    private static Scope scope(List<Node> nodes, Optional<Scope> outer) {
        Set<String> computed = new HashSet<>();
        nodes.forEach(node -> computed.addAll(node.outputs()));
        return new Scope(new HashSet<>(), computed, outer);
    }

    private void graph(Graph graph, Optional<Scope> outer, String place) {
        Scope scope = scope(graph.nodes(), outer);
        for (Value input : graph.inputs()) {
            define(input.name(), "input '" + input.name() + "'", scope, place);
        }
        scope.defined().addAll(graph.initializers().keySet());
        GraphProto remainder =
                Metadata.restore(GraphProto.newBuilder(), graph.details()).build();
        remainder
                .getSparseInitializerList()
                .forEach(sparse -> scope.defined().add(sparse.getValues().getName()));
        nodes(graph.nodes(), scope, place);
        List<String> outputs = graph.outputs().stream().map(Value::name).toList();
        checkOutputs(outputs, scope, place);
    }

    private void function(Function function, String place) {
        Scope scope = scope(function.nodes(), Optional.empty());
        for (String input : function.inputs()) {
            define(input, "input '" + input + "'", scope, place);
        }
        nodes(function.nodes(), scope, place);
        checkOutputs(function.outputs(), scope, place);
    }

    private void nodes(List<Node> nodes, Scope scope, String place) {
        for (Node node : nodes) {
            String here = GraphDecoder.within(place, node.label());
            arity.check(node, here);
            node.inputs().stream()
                    .filter(input -> !input.isEmpty() && !scope.sees(input))
                    .forEach(input -> problems.add(here, undefined(input, scope)));
            node.attributes()
                    .forEach((key, value) ->
                            subGraphs(value, scope, GraphDecoder.within(here, "attribute '" + key + "'")));
            node.outputs().stream()
                    .filter(output -> !output.isEmpty())
                    .forEach(output -> define(output, "output '" + output + "'", scope, here));
        }
    }

    private void subGraphs(Attribute attribute, Scope scope, String place) {
        if (attribute instanceof Attribute.GraphValue(Graph graph)) {
            graph(graph, Optional.of(scope), place);
        } else if (attribute instanceof Attribute.GraphsValue(List<Graph> graphs)) {
            graphs.forEach(graph -> graph(graph, Optional.of(scope), place));
        }
    }

    private void define(String name, String what, Scope scope, String place) {
        if (name.isEmpty()) {
            problems.add(place, "an input has no name");
        } else if (!scope.defined().add(name)) {
            problems.add(GraphDecoder.within(place, what), "the name is already taken; each value is defined once");
        }
    }

    private void checkOutputs(List<String> outputs, Scope scope, String place) {
        for (String output : outputs) {
            if (!scope.sees(output)) {
                problems.add(GraphDecoder.within(place, "output '" + output + "'"), "nothing computes it");
            }
        }
    }

    private static String undefined(String input, Scope scope) {
        return scope.willSee(input)
                ? "reads '%s' before it is computed; nodes must stand in topological order, without cycles"
                        .formatted(input)
                : "reads '%s', which nothing defines".formatted(input);
    }
}
