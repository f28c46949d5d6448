package ai.vernier.engine.op;

import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// RNN, LSTM and GRU: on XNNPACK or through LibTorch's own layers where these compute the same, step by
/// step otherwise.
final class RecurrentOps {
    /// Inputs of all three: x, W, R, B, sequence_lens, initial_h; LSTM goes on with initial_c and
    /// peepholes P.
    private static final int LENGTHS = 4;

    private static final int FIRST_STATE = 5;
    private static final int PEEPHOLES = 7;

    private RecurrentOps() {}

    static void register(OpTable ops) {
        ops.bind("RNN", 7, node -> new UnrolledRecurrence(node, RecurrentCell.Kind.RNN));
        ops.bind("LSTM", 7, RecurrentOps::lstm);
        ops.bind("GRU", 7, RecurrentOps::gru);
        ops.bind("RNN", 14, node -> inLayout(node, new UnrolledRecurrence(node, RecurrentCell.Kind.RNN)));
        ops.bind("LSTM", 14, node -> inLayout(node, lstm(node)));
        ops.bind("GRU", 14, node -> inLayout(node, gru(node)));
    }

    private static BoundOp lstm(NodeView node) {
        boolean plain = isPlain(node) && node.node().input(PEEPHOLES).isEmpty() && !node.flag("input_forget", false);
        return plain
                ? XnnRecurrence.orElse(FusedRecurrence.lstm(node), node, RecurrentCell.Kind.LSTM)
                : new UnrolledRecurrence(node, RecurrentCell.Kind.LSTM);
    }

    private static BoundOp gru(NodeView node) {
        boolean plain = isPlain(node) && node.flag("linear_before_reset", false);
        return plain
                ? XnnRecurrence.orElse(FusedRecurrence.gru(node), node, RecurrentCell.Kind.GRU)
                : new UnrolledRecurrence(node, RecurrentCell.Kind.GRU);
    }

    private static boolean isPlain(NodeView node) {
        return node.node().input(LENGTHS).isEmpty() && !node.has("clip") && !node.has("activations");
    }

    /// Layout 1 puts the batch before time, and before the directions of the states.
    private static BoundOp inLayout(NodeView node, BoundOp timeFirst) {
        if (node.integer("layout", 0) == 0) {
            return timeFirst;
        }
        return new BoundOp() {
            @Override
            public Tensor[] run(Inputs in) {
                @Nullable Tensor[] swapped = in.tensors().clone();
                for (int i = 0; i < swapped.length; i++) {
                    Tensor tensor = swapped[i];
                    boolean batched = i == 0 || i == FIRST_STATE || i == FIRST_STATE + 1;
                    swapped[i] = batched && tensor != null ? tensor.transpose(0, 1) : tensor;
                }
                Tensor[] out = timeFirst.run(new Inputs(swapped, in.constants(), in.hook()));
                out[0] = out[0].permute(2, 0, 1, 3);
                for (int i = 1; i < out.length; i++) {
                    out[i] = out[i].transpose(0, 1);
                }
                return out;
            }

            @Override
            public Set<Integer> absorbedInputs() {
                return timeFirst.absorbedInputs();
            }

            @Override
            public void close() {
                timeFirst.close();
            }
        };
    }
}
