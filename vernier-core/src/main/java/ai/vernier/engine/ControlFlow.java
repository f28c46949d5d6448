package ai.vernier.engine;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.FlexAttention;
import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.op.NodeView;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Node;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/// Nodes that run compiled sub-graphs.
final class ControlFlow {
    private ControlFlow() {}

    /// Whether `node` is bound here, and not by the operator table.
    static boolean handles(Node node) {
        return switch (node.qualifiedType()) {
            case "If", "Loop", "Scan", "ai.onnx.preview.FlexAttention" -> true;
            default -> false;
        };
    }

    /// Binds `node` if it has sub-graphs that the engine runs, adding to `inputs` what these capture.
    static Optional<BoundOp> bind(Node node, GraphCompiler compiler, List<String> inputs) {
        return switch (node.qualifiedType()) {
            case "If" -> Optional.of(bindIf(compiler.view(node), compiler, inputs));
            case "Loop" -> {
                int carried = Math.max(0, node.inputs().size() - 2);
                Body body = body("body", node, compiler, inputs);
                requireArity(node, 2 + carried, 1 + carried);
                yield Optional.of(new LoopOp(node, body));
            }
            case "Scan" -> {
                NodeView view = compiler.view(node);
                requireScan(view);
                Body body = body("body", node, compiler, inputs);
                yield Optional.of(view.opset() < 9 ? ScanOp.batched(view, body) : ScanOp.of(view, body));
            }
            case "ai.onnx.preview.FlexAttention" -> Optional.of(flexAttention(node, compiler, inputs));
            default -> Optional.empty();
        };
    }

    private static Body body(String attribute, Node node, GraphCompiler compiler, List<String> inputs) {
        return Body.of(compiler.view(node).graph(attribute), compiler, inputs);
    }

    private static void requireScan(NodeView node) {
        int given = node.node().inputs().size() - (node.opset() < 9 ? 1 : 0);
        long scanned = node.integer("num_scan_inputs", 1);
        if (scanned < 1 || scanned > given) {
            throw new InvalidInputException("%s: num_scan_inputs is %d; expected 1 to %d, the inputs that it has"
                    .formatted(node.node().label(), scanned, given));
        }
        requireArity(node.node(), given, (int) (given - scanned));
    }

    /// @param outputs the fewest
    private static void requireArity(Node node, int inputs, int outputs) {
        if (node.attributes().get("body") instanceof Attribute.GraphValue(Graph body)
                && (body.inputs().size() != inputs || body.outputs().size() < outputs)) {
            throw new InvalidInputException("%s: its body has %d inputs and %d outputs; expected %d, and %d or more"
                    .formatted(
                            node.label(), body.inputs().size(), body.outputs().size(), inputs, outputs));
        }
    }

    private static BoundOp bindIf(NodeView node, GraphCompiler compiler, List<String> inputs) {
        Body then = Body.of(node.graph("then_branch"), compiler, inputs);
        Body otherwise = Body.of(node.graph("else_branch"), compiler, inputs);
        return new BoundOp() {
            @Override
            public Tensor[] run(Inputs in) {
                return (in.at(0).item_bool() ? then : otherwise).run(in);
            }

            @Override
            public boolean isRepeatable() {
                return then.isRepeatable() && otherwise.isRepeatable();
            }

            @Override
            public boolean branches() {
                return true;
            }

            @Override
            public void close() {
                then.close();
                otherwise.close();
            }
        };
    }

    /// Attention whose scores and probabilities pass through sub-graphs.
    private static BoundOp flexAttention(Node node, GraphCompiler compiler, List<String> inputs) {
        NodeView view = compiler.view(node);
        Optional<Body> score = optionalBody("score_mod", node, compiler, inputs);
        Optional<Body> probability = optionalBody("prob_mod", node, compiler, inputs);
        return new BoundOp() {
            @Override
            public Tensor[] run(Inputs in) {
                return new Tensor[] {FlexAttention.attend(view, in, through(score, in), through(probability, in))};
            }

            @Override
            public boolean isRepeatable() {
                return score.stream().allMatch(Body::isRepeatable)
                        && probability.stream().allMatch(Body::isRepeatable);
            }

            @Override
            public void close() {
                score.ifPresent(Body::close);
                probability.ifPresent(Body::close);
            }
        };
    }

    private static Optional<Body> optionalBody(
            String attribute, Node node, GraphCompiler compiler, List<String> inputs) {
        return node.attributes().containsKey(attribute)
                ? Optional.of(body(attribute, node, compiler, inputs))
                : Optional.empty();
    }

    @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
    private static UnaryOperator<Tensor> through(Optional<Body> body, Inputs in) {
        return x -> body.map(graph -> graph.run(in, x)[0]).orElse(x);
    }
}
