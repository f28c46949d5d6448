package ai.vernier.engine;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.HostTransfer;
import ai.vernier.engine.op.Inputs;
import ai.vernier.onnx.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// If and Loop: nodes that run compiled sub-graphs. What a sub-graph captures from outside follows the node's own
/// inputs.
final class ControlFlow {
    private ControlFlow() {}

    /// Binds `node` if it is a control-flow node, adding to `inputs` what its sub-graphs capture.
    static Optional<BoundOp> bind(Node node, GraphCompiler compiler, List<String> inputs) {
        return switch (node.qualifiedType()) {
            case "If" -> Optional.of(bindIf(node, compiler, inputs));
            case "Loop" -> Optional.of(bindLoop(node, compiler, inputs));
            default -> Optional.empty();
        };
    }

    private static BoundOp bindIf(Node node, GraphCompiler compiler, List<String> inputs) {
        Branch then = branch(compiler.compileInner(compiler.view(node).graph("then_branch")), inputs);
        Branch otherwise = branch(compiler.compileInner(compiler.view(node).graph("else_branch")), inputs);
        return new BoundOp() {
            @Override
            public Tensor[] run(Inputs in) {
                Branch taken = in.at(0).item_bool() ? then : otherwise;
                return taken.program.run(taken.captures(in), in.hook());
            }

            @Override
            public void close() {
                then.program.close();
                otherwise.program.close();
            }
        };
    }

    /// A sub-graph and where, among the node's inputs, it finds what it captures.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Branch(Program program, int[] sources) {
        Tensor[] captures(Inputs in) {
            Tensor[] fed = new Tensor[sources.length];
            for (int i = 0; i < fed.length; i++) {
                fed[i] = handle(in.at(sources[i]));
            }
            return fed;
        }
    }

    private static Branch branch(SubProgram inner, List<String> inputs) {
        int[] sources = new int[inner.captured().size()];
        for (int i = 0; i < sources.length; i++) {
            sources[i] = inputs.size();
            inputs.add(inner.captured().get(i));
        }
        return new Branch(inner.program(), sources);
    }

    /// A handle that a frame may close.
    private static Tensor handle(Tensor tensor) {
        Tensor copy = new Tensor(tensor);
        copy.retainReference();
        return copy;
    }

    /// Body: (iteration, condition, carried…) → (condition, carried…, scanned…).
    private static BoundOp bindLoop(Node node, GraphCompiler compiler, List<String> inputs) {
        int carried = Math.max(0, node.inputs().size() - 2);
        Branch body = branch(compiler.compileInner(compiler.view(node).graph("body")), inputs);
        return new BoundOp() {
            @Override
            public Tensor[] run(Inputs in) {
                return loop(in, body, carried, node.outputs().size() - carried);
            }

            @Override
            public void close() {
                body.program.close();
            }
        };
    }

    private static Tensor[] loop(Inputs in, Branch body, int carried, int scanned) {
        long trips = in.has(0) ? in.scalar(0) : Long.MAX_VALUE;
        boolean going = !in.has(1) || in.at(1).item_bool();
        Tensor[] state = new Tensor[carried];
        for (int i = 0; i < carried; i++) {
            state[i] = in.at(i + 2);
        }
        List<List<Tensor>> collected = new ArrayList<>();
        for (int i = 0; i < scanned; i++) {
            collected.add(new ArrayList<>());
        }
        for (long trip = 0; trip < trips && going; trip++) {
            Tensor[] results = body.program.run(feeds(in, body, state, trip), in.hook());
            going = results[0].item_bool();
            System.arraycopy(results, 1, state, 0, carried);
            for (int i = 0; i < scanned; i++) {
                collected.get(i).add(results[1 + carried + i]);
            }
        }
        return outputs(state, collected);
    }

    private static Tensor[] feeds(Inputs in, Branch body, Tensor[] state, long trip) {
        List<Tensor> fed = new ArrayList<>();
        fed.add(handle(HostTransfer.ofLongs(new long[] {trip})));
        fed.add(handle(torch.ones(new long[0]).to(ScalarType.Bool)));
        for (Tensor value : state) {
            fed.add(handle(value));
        }
        fed.addAll(List.of(body.captures(in)));
        return fed.toArray(Tensor[]::new);
    }

    private static Tensor[] outputs(Tensor[] state, List<List<Tensor>> collected) {
        List<Tensor> outputs = new ArrayList<>(List.of(state));
        for (List<Tensor> parts : collected) {
            outputs.add(
                    parts.isEmpty()
                            ? torch.zeros(0).mul(new Scalar(0))
                            : torch.stack(new TensorVector(parts.toArray(Tensor[]::new)), 0));
        }
        return outputs.toArray(Tensor[]::new);
    }
}
