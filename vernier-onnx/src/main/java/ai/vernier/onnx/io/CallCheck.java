package ai.vernier.onnx.io;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Checks that no function of a model calls itself, directly or through others ([IR specification,
/// "Functions"](https://onnx.ai/onnx/repo-docs/IR.html)): whoever expands it would never end.
final class CallCheck {
    private final Map<List<String>, Function> functions = new LinkedHashMap<>();
    private final Problems problems;

    CallCheck(List<Function> functions, Problems problems) {
        functions.forEach(function -> this.functions.put(id(function), function));
        this.problems = problems;
    }

    void check() {
        for (List<String> id : endless()) {
            problems.add(
                    "function '" + id.get(1) + "'",
                    "its calls never end; no function may call itself, directly or through others");
        }
    }

    private static List<String> id(Function function) {
        return List.of(function.domain(), function.name(), function.overload());
    }

    /// Takes away what calls nothing that is still there, until nothing changes. Linear in the number of calls.
    private Set<List<String>> endless() {
        Map<List<String>, List<List<String>>> callers = new HashMap<>();
        Map<List<String>, Integer> open = new LinkedHashMap<>();
        functions.forEach((id, function) -> {
            Set<List<String>> called = calls(function.nodes());
            called.retainAll(functions.keySet());
            called.forEach(each ->
                    callers.computeIfAbsent(each, _ -> new ArrayList<>()).add(id));
            open.put(id, called.size());
        });
        Deque<List<String>> ended = new ArrayDeque<>();
        open.forEach((id, calls) -> {
            if (calls == 0) {
                ended.add(id);
            }
        });
        while (!ended.isEmpty()) {
            List<String> id = ended.pop();
            open.remove(id);
            for (List<String> caller : callers.getOrDefault(id, List.of())) {
                if (open.merge(caller, -1, Integer::sum) == 0) {
                    ended.push(caller);
                }
            }
        }
        return open.keySet();
    }

    private static Set<List<String>> calls(List<Node> nodes) {
        Set<List<String>> called = new LinkedHashSet<>();
        for (Node node : nodes) {
            called.add(List.of(node.domain(), node.opType(), node.overload()));
            for (Attribute attribute : node.attributes().values()) {
                switch (attribute) {
                    case Attribute.GraphValue(Graph graph) -> called.addAll(calls(graph.nodes()));
                    case Attribute.GraphsValue(List<Graph> graphs) ->
                        graphs.forEach(graph -> called.addAll(calls(graph.nodes())));
                    default -> {}
                }
            }
        }
        return called;
    }
}
