package ai.vernier.engine;

import ai.vernier.engine.op.BoundOp;
import ai.vernier.engine.op.Inputs;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Value;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Loop. Inputs: trip count, condition, carried…. Body: (iteration, condition, carried…) → (condition,
/// carried…, scanned…).
final class LoopOp implements BoundOp {
    private final Body body;
    private final int carried;
    private final int scanned;

    LoopOp(Node node, Body body) {
        this.body = body;
        this.carried = Math.max(0, node.inputs().size() - 2);
        this.scanned = body.outputs().size() - 1 - carried;
    }

    @Override
    public Tensor[] run(Inputs in) {
        long trips = in.has(0) ? in.scalar(0) : Long.MAX_VALUE;
        boolean going = !in.has(1) || in.at(1).item_bool();
        Tensor[] initial = new Tensor[carried];
        for (int i = 0; i < carried; i++) {
            initial[i] = in.at(i + 2);
        }
        try (ScanResults results =
                new ScanResults(initial, scanned, body.program().limits())) {
            for (long trip = 0; trip < trips && going; trip++) {
                try (PointerScope _ = new PointerScope()) {
                    Tensor[] out = body.run(in, feeds(results.state(), trip));
                    going = out[0].item_bool();
                    results.add(out, 1);
                }
            }
            return outputs(in, results);
        }
    }

    private static Tensor[] feeds(Tensor[] state, long trip) {
        Tensor[] fed = new Tensor[2 + state.length];
        fed[0] = HostTransfer.ofLongs(new long[] {trip});
        fed[1] = torch.full(new long[0], new Scalar(1), new TensorOptions(ScalarType.Bool));
        System.arraycopy(state, 0, fed, 2, state.length);
        return fed;
    }

    private Tensor[] outputs(Inputs in, ScanResults results) {
        Tensor[] outputs = new Tensor[carried + scanned];
        for (int i = 0; i < carried; i++) {
            outputs[i] = results.last(i);
        }
        for (int i = 0; i < scanned; i++) {
            outputs[carried + i] = results.isEmpty(i) ? none(in, i) : results.stacked(i, 0, false);
        }
        return outputs;
    }

    /// Where the sub-graph does not declare the shape of a scanned output, a trip whose results are
    /// thrown away shows it.
    private Tensor none(Inputs in, int index) {
        Value declared = body.outputs().get(1 + carried + index);
        boolean known = declared.shape().isPresent() && declared.shape().get().isStatic();
        if (known && declared.elementType().isPresent()) {
            return ScanResults.none(declared, 0);
        }
        Tensor[] state = new Tensor[carried];
        for (int i = 0; i < carried; i++) {
            state[i] = in.at(i + 2);
        }
        Inputs unseen = new Inputs(in.tensors(), in.constants(), null);
        Tensor part = body.run(unseen, feeds(state, 0))[1 + carried + index];
        return torch.empty_like(part.unsqueeze(0)).narrow(0, 0, 0);
    }

    @Override
    public boolean isRepeatable() {
        return body.isRepeatable();
    }

    @Override
    public boolean branches() {
        return true;
    }

    @Override
    public void close() {
        body.close();
    }
}
