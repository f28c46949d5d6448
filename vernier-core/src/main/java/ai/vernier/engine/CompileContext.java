package ai.vernier.engine;

import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.OpTable;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// What the compilation of a graph and of its sub-graphs share.
///
/// @param visible values that a hook may ask for
/// @param overridden initializers that the caller feeds
/// @param limits of the runs of the whole executor
/// @param folding what may be computed at compile time
/// @param fallbacks collects the operator types that go through ONNX Runtime
record CompileContext(
        Model model,
        OpTable ops,
        Predicate<String> visible,
        Set<String> overridden,
        boolean cuda,
        XnnRuntime xnnpack,
        RunLimits limits,
        FoldingBudget folding,
        TreeSet<String> fallbacks) {
    /// Domains whose operators ONNX Runtime may know.
    static final Set<String> ORT_DOMAINS = Set.of("", "ai.onnx.ml", "com.microsoft");

    long opset(Node node) {
        return model.opset(node.domain());
    }

    /// The node as a model of its own in ONNX Runtime.
    BoundOp fallback(NodeView view) {
        Node node = view.node();
        OrtNode op = new OrtNode(view, model);
        if (!ORT_DOMAINS.contains(node.domain())) {
            throw op.unsupported("its domain is unknown");
        }
        Optional<String> obstacle = Coverage.obstacle(node, view::type);
        if (obstacle.isPresent()) {
            throw op.unsupported(obstacle.get());
        }
        op.requireKnown();
        fallbacks.add(node.qualifiedType());
        return op;
    }
}
