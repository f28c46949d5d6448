package ai.vernier.engine;

import ai.vernier.engine.op.Inputs;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Value;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// A compiled sub-graph of a node, and where among the node's inputs it finds what it captures from
/// outside: these follow the node's own inputs.
@SuppressWarnings("ArrayRecordComponent") // never compared
record Body(Program program, List<Value> outputs, int[] sources) implements AutoCloseable {
    /// Compiles `graph`, adding to `inputs` what it captures.
    static Body of(Graph graph, GraphCompiler compiler, List<String> inputs) {
        SubProgram inner = compiler.compileInner(graph);
        int[] sources = new int[inner.captured().size()];
        for (int i = 0; i < sources.length; i++) {
            sources[i] = inputs.size();
            inputs.add(inner.captured().get(i));
        }
        return new Body(inner.program(), graph.outputs(), sources);
    }

    /// Whether none of the steps draws random numbers.
    boolean isRepeatable() {
        return program.steps().stream().allMatch(step -> step.op().isRepeatable());
    }

    /// Runs the sub-graph on `fed`, which stays the caller's. The results belong to the caller's
    /// PointerScope.
    Tensor[] run(Inputs in, Tensor... fed) {
        Tensor[] all = new Tensor[fed.length + sources.length];
        for (int i = 0; i < fed.length; i++) {
            all[i] = handle(fed[i]);
        }
        for (int i = 0; i < sources.length; i++) {
            all[fed.length + i] = handle(in.at(sources[i]));
        }
        Tensor[] results = program.run(all, in.hook());
        for (Tensor result : results) {
            result.close(); // gives up the frame's hold; the scope keeps its own
        }
        return results;
    }

    /// A handle that a frame may close.
    private static Tensor handle(Tensor tensor) {
        Tensor copy = new Tensor(tensor);
        copy.retainReference();
        return copy;
    }

    @Override
    public void close() {
        program.close();
    }
}
