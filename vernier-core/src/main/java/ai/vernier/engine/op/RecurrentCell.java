package ai.vernier.engine.op;

import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// One step of a recurrent layer in one direction, as the ONNX specification writes it. States are
/// `[batch, hidden]`, gates lie side by side in ONNX's order.
///
///     RNN    h' = f(x·Wᵀ + h·Rᵀ + b)
///     LSTM   i, o, f = f(… + P·c)    c' = f∘c + i∘g(…)    h' = o∘h(c')           gates i, o, f, c
///     GRU    h' = (1 − z)∘g(… + r∘(h·Rᵀ)) + z∘h                                gates z, r, h
final class RecurrentCell {
    /// Which layer, with how many gates and states and which activation functions by default.
    enum Kind {
        RNN(1, 1),
        LSTM(4, 2),
        GRU(3, 1);

        private final int gates;
        private final int states;

        Kind(int gates, int states) {
            this.gates = gates;
            this.states = states;
        }

        int gates() {
            return gates;
        }

        int states() {
            return states;
        }

        List<String> activations() {
            return switch (this) {
                case RNN -> List.of("Tanh");
                case LSTM -> List.of("Sigmoid", "Tanh", "Tanh");
                case GRU -> List.of("Sigmoid", "Tanh");
            };
        }
    }

    /// @param r recurrent weights `[gates · hidden, hidden]`
    /// @param recurrentBias `[gates · hidden]`
    /// @param peepholes `[3 · hidden]` in the order i, o, f; null without them
    record Weights(Tensor r, Tensor recurrentBias, @Nullable Tensor peepholes) {}

    private final NodeView node;
    private final Kind kind;
    private final List<UnaryOperator<Tensor>> activations;
    private final double clip;

    /// @param activations of this direction
    RecurrentCell(NodeView node, Kind kind, List<UnaryOperator<Tensor>> activations) {
        this.node = node;
        this.kind = kind;
        this.activations = activations;
        this.clip = node.real("clip", 0);
    }

    /// @param x the input's share of the gates, with its bias
    /// @param state h, or h and c
    Tensor[] step(Tensor x, Tensor[] state, Weights weights) {
        return switch (kind) {
            case RNN -> new Tensor[] {apply(0, x.add(torch.linear(state[0], weights.r, some(weights))))};
            case LSTM -> lstm(x.add(torch.linear(state[0], weights.r, some(weights))), state[1], weights.peepholes);
            case GRU -> new Tensor[] {gru(x, state[0], weights)};
        };
    }

    private static TensorOptional some(Weights weights) {
        return NormalizationOps.some(weights.recurrentBias);
    }

    private Tensor[] lstm(Tensor gates, Tensor c, @Nullable Tensor peepholes) {
        Tensor in = apply(0, peeping(gate(gates, 0), peepholes, 0, c));
        Tensor forget = node.flag("input_forget", false)
                ? torch.rsub(in, new Scalar(1))
                : apply(0, peeping(gate(gates, 2), peepholes, 2, c));
        Tensor next = forget.mul(c).add(in.mul(apply(1, gate(gates, 3))));
        Tensor out = apply(0, peeping(gate(gates, 1), peepholes, 1, next));
        return new Tensor[] {out.mul(activations.get(2).apply(next)), next};
    }

    private Tensor peeping(Tensor gate, @Nullable Tensor peepholes, int index, Tensor c) {
        if (peepholes == null) {
            return gate;
        }
        long hidden = c.size(1);
        return gate.add(peepholes.narrow(0, index * hidden, hidden).mul(c));
    }

    private Tensor gru(Tensor x, Tensor h, Weights weights) {
        long hidden = h.size(1);
        Tensor rBoth = weights.r.narrow(0, 0, 2 * hidden);
        Tensor biasBoth = weights.recurrentBias.narrow(0, 0, 2 * hidden);
        Tensor both = apply(0, x.narrow(1, 0, 2 * hidden).add(torch.linear(h, rBoth, NormalizationOps.some(biasBoth))));
        Tensor update = both.narrow(1, 0, hidden);
        Tensor reset = both.narrow(1, hidden, hidden);
        Tensor r = weights.r.narrow(0, 2 * hidden, hidden);
        TensorOptional bias = NormalizationOps.some(weights.recurrentBias.narrow(0, 2 * hidden, hidden));
        Tensor recurrent = node.flag("linear_before_reset", false)
                ? reset.mul(torch.linear(h, r, bias))
                : torch.linear(reset.mul(h), r, bias);
        Tensor candidate = apply(1, x.narrow(1, 2 * hidden, hidden).add(recurrent));
        return torch.rsub(update, new Scalar(1)).mul(candidate).add(update.mul(h));
    }

    private Tensor gate(Tensor gates, int index) {
        long hidden = gates.size(1) / kind.gates();
        return gates.narrow(1, index * hidden, hidden);
    }

    private Tensor apply(int function, Tensor x) {
        Tensor clipped = clip > 0 ? torch.clamp(x, ActivationOps.some(-clip), ActivationOps.some(clip)) : x;
        return activations.get(function).apply(clipped);
    }
}
