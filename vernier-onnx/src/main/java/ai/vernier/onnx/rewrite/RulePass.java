package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Applies one rule at every node of a model, sub-graphs included, in one sweep in graph order; a node that the sweep
/// itself has changed is seen as changed. What nobody reads afterwards is removed.
public record RulePass<M>(Rule<M> rule) implements Pass {
    @Override
    public String name() {
        return rule.name();
    }

    @Override
    public PassResult apply(Model model) {
        List<PassLog.Entry> log = new ArrayList<>();
        GraphEditor editor = new GraphEditor(model.graph());
        sweep(editor, log);
        return new PassResult(model.withGraph(editor.build()), new PassLog(log));
    }

    private void sweep(GraphEditor editor, List<PassLog.Entry> log) {
        boolean changed = false;
        for (Node listed : editor.nodes()) {
            Optional<Node> node = editor.current(listed);
            if (node.isPresent()) {
                Node swept = sweepSubGraphs(node.get(), editor, log);
                changed |= applyAt(swept, editor, log);
            }
        }
        if (changed) {
            editor.removeUnused();
        }
    }

    private boolean applyAt(Node node, GraphEditor editor, List<PassLog.Entry> log) {
        Optional<M> match = rule.match(node, editor);
        if (match.isEmpty()) {
            return false;
        }
        Outcome outcome = rule.objection(match.get(), editor)
                .<Outcome>map(Outcome.Skipped::new)
                .orElseGet(() -> new Outcome.Applied(rule.rewrite(match.get(), editor)));
        log.add(new PassLog.Entry(rule.name(), node.label(), outcome));
        return outcome instanceof Outcome.Applied;
    }

    private Node sweepSubGraphs(Node node, GraphEditor editor, List<PassLog.Entry> log) {
        Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
        attributes.replaceAll((_, attribute) -> sweep(attribute, editor, log));
        if (attributes.equals(node.attributes())) {
            return node;
        }
        Node swept = node.withAttributes(attributes);
        editor.replace(node, swept);
        return swept;
    }

    private Attribute sweep(Attribute attribute, GraphEditor outer, List<PassLog.Entry> log) {
        if (attribute instanceof Attribute.GraphValue(Graph graph)) {
            return new Attribute.GraphValue(sweep(graph, outer, log));
        }
        if (attribute instanceof Attribute.GraphsValue(List<Graph> graphs)) {
            return new Attribute.GraphsValue(
                    graphs.stream().map(graph -> sweep(graph, outer, log)).toList());
        }
        return attribute;
    }

    private Graph sweep(Graph graph, GraphEditor outer, List<PassLog.Entry> log) {
        GraphEditor editor = outer.nested(graph);
        sweep(editor, log);
        return editor.build();
    }
}
