package ai.vernier.engine.op;

import ai.vernier.engine.cpu.OneDnn;
import ai.vernier.engine.tensor.HostTransfer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// LSTM and GRU through LibTorch's own, whose gates come in another order:
/// LSTM i,o,f,c (ONNX) → i,f,c,o; GRU z,r,h → r,z,h.
///
/// Inputs x, W, R, B, sequence_lens (absent), initial_h, initial_c.
abstract class FusedRecurrence implements BoundOp {
    private static final int[] LSTM_GATES = {0, 2, 3, 1};
    private static final int[] GRU_GATES = {1, 0, 2};

    private final NodeView node;
    private final int[] gates;
    private final String direction;
    private @Nullable TensorVector constantWeights;

    private FusedRecurrence(NodeView node, int[] gates) {
        this.node = node;
        this.gates = gates;
        this.direction = node.text("direction", "forward");
    }

    static FusedRecurrence lstm(NodeView node) {
        return new FusedRecurrence(node, LSTM_GATES) {
            @Override
            Tensor[] compute(Tensor x, Inputs in, TensorVector weights) {
                TensorVector state = new TensorVector(initial(in, 5, x), initial(in, 6, x));
                T_TensorTensorTensor_T y = torch.lstm(x, state, weights, true, 1, 0, false, isBidirectional(), false);
                return new Tensor[] {new Tensor(y.get0()), new Tensor(y.get1()), new Tensor(y.get2())};
            }
        };
    }

    static FusedRecurrence gru(NodeView node) {
        return new FusedRecurrence(node, GRU_GATES) {
            @Override
            Tensor[] compute(Tensor x, Inputs in, TensorVector weights) {
                T_TensorTensor_T y =
                        torch.gru(x, initial(in, 5, x), weights, true, 1, 0, false, isBidirectional(), false);
                return new Tensor[] {new Tensor(y.get0()), new Tensor(y.get1())};
            }
        };
    }

    abstract Tensor[] compute(Tensor x, Inputs in, TensorVector weights);

    boolean isBidirectional() {
        return direction.equals("bidirectional");
    }

    private int directions() {
        return isBidirectional() ? 2 : 1;
    }

    private static long hidden(Inputs in) {
        return in.at(2).size(2);
    }

    Tensor initial(Inputs in, int index, Tensor x) {
        return in.has(index)
                ? in.at(index).contiguous()
                : torch.zeros(new long[] {directions(), x.size(1), hidden(in)}, x.options());
    }

    @Override
    public Tensor[] run(Inputs in) {
        Tensor x = in.at(0);
        boolean reverse = direction.equals("reverse");
        Tensor[] results = compute(reverse ? torch.flip(x, 0) : x, in, weights(in));
        Tensor y = reverse ? torch.flip(results[0], 0) : results[0];
        results[0] = y.reshape(x.size(0), x.size(1), directions(), hidden(in)).permute(0, 2, 1, 3);
        return results;
    }

    private TensorVector weights(Inputs in) {
        TensorVector known = constantWeights;
        if (known != null) {
            return known;
        }
        TensorVector fresh = reordered(in);
        if (IntStream.of(1, 2).allMatch(i -> node.constant(i).isPresent())
                && (!in.has(3) || node.constant(3).isPresent())) {
            constantWeights = OneDnn.kept(fresh);
        }
        return fresh;
    }

    /// Per direction: input weights, recurrent weights, input bias, recurrent bias.
    private TensorVector reordered(Inputs in) {
        long hidden = hidden(in);
        long rows = gates.length * hidden;
        Tensor order = HostTransfer.ofLongs(
                IntStream.of(gates)
                        .boxed()
                        .flatMapToLong(gate -> LongStream.range(gate * hidden, (gate + 1) * hidden))
                        .toArray(),
                rows);
        Tensor bias = in.has(3)
                ? in.at(3)
                : torch.zeros(new long[] {directions(), 2 * rows}, in.at(0).options());
        TensorVector result = new TensorVector(4L * directions());
        for (int d = 0; d < directions(); d++) {
            result.put(4L * d, in.at(1).select(0, d).index_select(0, order));
            result.put(4L * d + 1, in.at(2).select(0, d).index_select(0, order));
            Tensor both = bias.select(0, d);
            result.put(4L * d + 2, both.narrow(0, 0, rows).index_select(0, order));
            result.put(4L * d + 3, both.narrow(0, rows, rows).index_select(0, order));
        }
        return result;
    }

    @Override
    public void close() {
        if (constantWeights != null) {
            constantWeights.close();
        }
    }
}
