package ai.vernier.passes;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Outcome;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassLog;
import ai.vernier.onnx.rewrite.PassResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Removes nodes of the main graph whose outputs nobody reads, and constants that nobody reads.
///
/// ```
/// a = Relu(x)  b = Exp(x)  → a   becomes   a = Relu(x)  → a
/// ```
public final class RemoveUnused implements Pass {
    @Override
    public String name() {
        return "RemoveUnused";
    }

    @Override
    public PassResult apply(Model model) {
        GraphEditor editor = new GraphEditor(model.graph());
        editor.removeUnused();
        Graph cleaned = editor.build();
        List<PassLog.Entry> log = new ArrayList<>();
        Set<List<String>> kept = cleaned.nodes().stream().map(Node::outputs).collect(Collectors.toSet());
        model.graph().nodes().stream()
                .filter(node -> !kept.contains(node.outputs()))
                .forEach(node -> log.add(entry(node.label(), "nobody reads what it computes")));
        model.graph().initializers().keySet().stream()
                .filter(name -> !cleaned.initializers().containsKey(name))
                .forEach(name -> log.add(entry("initializer '%s'".formatted(name), "nobody reads it")));
        return log.isEmpty()
                ? new PassResult(model, PassLog.EMPTY)
                : new PassResult(model.withGraph(cleaned), new PassLog(log));
    }

    private PassLog.Entry entry(String place, String why) {
        return new PassLog.Entry(name(), place, new Outcome.Applied("removed: " + why));
    }
}
