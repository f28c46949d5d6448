package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A recurrent layer computed step by step: any activation functions, clipping, peepholes, sequences of
/// their own lengths. Beyond its length a sequence keeps its state and gives zeros; in reverse it starts
/// at its own end.
///
/// Inputs: x `[time, batch, input]`, W, R, B, sequence_lens, initial_h, initial_c, P. Outputs: Y
/// `[time, direction, batch, hidden]`, then the last states `[direction, batch, hidden]`.
final class UnrolledRecurrence implements BoundOp {
    private static final int FIRST_STATE = 5;

    private final RecurrentCell.Kind kind;
    private final String direction;
    private final int directions;
    private final List<RecurrentCell> cells = new ArrayList<>();

    UnrolledRecurrence(NodeView node, RecurrentCell.Kind kind) {
        this.kind = kind;
        this.direction = node.text("direction", "forward");
        this.directions = direction.equals("bidirectional") ? 2 : 1;
        int each = kind.activations().size();
        List<UnaryOperator<Tensor>> functions = RecurrentActivations.of(node, kind.activations(), directions);
        for (int d = 0; d < directions; d++) {
            cells.add(new RecurrentCell(node, kind, functions.subList(d * each, (d + 1) * each)));
        }
    }

    @Override
    public Tensor[] run(Inputs in) {
        @Nullable Tensor lengths = in.orNull(4);
        List<Tensor[]> results = new ArrayList<>();
        for (int d = 0; d < directions; d++) {
            boolean backwards = direction.equals("reverse") || d == 1;
            results.add(oneDirection(in, d, backwards, lengths));
        }
        Tensor[] outputs = new Tensor[1 + kind.states()];
        for (int i = 0; i < outputs.length; i++) {
            TensorVector parts = new TensorVector(directions);
            for (int d = 0; d < directions; d++) {
                parts.put(d, results.get(d)[i]);
            }
            outputs[i] = torch.stack(parts, i == 0 ? 1 : 0);
        }
        return outputs;
    }

    private Tensor[] oneDirection(Inputs in, int d, boolean backwards, @Nullable Tensor lengths) {
        Tensor x = in.at(0);
        Tensor r = in.at(2).select(0, d);
        long rows = r.size(0);
        Tensor bias = in.has(3) ? in.at(3).select(0, d) : torch.zeros(new long[] {2 * rows}, like(x));
        Tensor gates = torch.linear(x, in.at(1).select(0, d), NormalizationOps.some(bias.narrow(0, 0, rows)));
        Tensor peepholes = in.has(7) ? in.at(7).select(0, d) : null;
        RecurrentCell.Weights weights = new RecurrentCell.Weights(r, bias.narrow(0, rows, rows), peepholes);
        Tensor ordered = backwards ? reversed(gates, lengths) : gates;
        Tensor[] result = unroll(cells.get(d), ordered, initial(in, d), new Fixed(weights, lengths));
        result[0] = backwards ? reversed(result[0], lengths) : result[0];
        return result;
    }

    private Tensor[] initial(Inputs in, int d) {
        Tensor[] state = new Tensor[kind.states()];
        for (int i = 0; i < state.length; i++) {
            state[i] = in.has(FIRST_STATE + i)
                    ? in.at(FIRST_STATE + i).select(0, d)
                    : torch.zeros(new long[] {in.at(0).size(1), in.at(2).size(2)}, like(in.at(0)));
        }
        return state;
    }

    private static TensorOptions like(Tensor x) {
        return x.options();
    }

    private record Fixed(
            RecurrentCell.Weights weights, @Nullable Tensor lengths) {}

    private Tensor[] unroll(RecurrentCell cell, Tensor gates, Tensor[] initial, Fixed fixed) {
        long steps = gates.size(0);
        TensorVector outputs = new TensorVector(steps);
        Tensor[] state = initial;
        for (long t = 0; t < steps; t++) {
            Tensor[] next = cell.step(gates.select(0, t), state, fixed.weights);
            if (fixed.lengths == null) {
                outputs.put(t, next[0]);
                state = next;
                continue;
            }
            Tensor alive = fixed.lengths.gt(new Scalar(t)).unsqueeze(1);
            outputs.put(t, torch.where(alive, next[0], new Scalar(0)));
            for (int i = 0; i < next.length; i++) {
                next[i] = torch.where(alive, next[i], state[i]);
            }
            state = next;
        }
        Tensor[] result = new Tensor[1 + state.length];
        result[0] = steps == 0
                ? torch.zeros(new long[] {0, gates.size(1), initial[0].size(1)}, like(gates))
                : torch.stack(outputs, 0);
        System.arraycopy(state, 0, result, 1, state.length);
        return result;
    }

    /// Reverses time, within each sequence's own length.
    private static Tensor reversed(Tensor x, @Nullable Tensor lengths) {
        if (lengths == null) {
            return torch.flip(x, 0);
        }
        Tensor time = torch.arange(new Scalar(x.size(0)), new TensorOptions(ScalarType.Long))
                .unsqueeze(1);
        Tensor length = lengths.to(ScalarType.Long).unsqueeze(0);
        Tensor mirrored = length.sub(time).sub(new Scalar(1L));
        Tensor source = torch.where(time.lt(length), mirrored, time);
        return torch.gather(x, 0, source.unsqueeze(2).expand(HostTransfer.sizes(x)));
    }
}
