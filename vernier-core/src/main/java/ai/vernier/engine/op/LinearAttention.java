package ai.vernier.engine.op;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Attention with a state S of fixed size per head instead of a softmax over the past, one step after
/// another:
///
///     S ← e^decay · S                     gated rules
///     S ← S + k·vᵀ                        linear and gated
///     S ← S + k·(beta · (v − Sᵀ·k))ᵀ      delta rules
///     y = scale · Sᵀ·q
///
/// Yang et al., "Gated delta networks", 2024. Inputs: q, k, v `[batch, length, heads · size]`, past state
/// `[batch, heads, key size, value size]`, decay, beta. Outputs: y, last state.
final class LinearAttention {
    private LinearAttention() {}

    static Tensor[] attend(NodeView node, Inputs in) {
        long heads = node.integer("kv_num_heads", 1);
        long groups = node.integer("q_num_heads", 1) / heads;
        String rule = node.text("update_rule", "gated_delta");
        Tensor q = heads(in.at(0), heads * groups);
        Tensor k = heads(in.at(1), heads);
        Tensor v = heads(in.at(2), heads);
        Tensor decay = rule.startsWith("gated") ? heads(in.at(4), heads) : null;
        Tensor beta = rule.endsWith("delta") ? heads(in.at(5), in.at(5).size(2)) : null;
        double given = node.real("scale", 0);
        Scalar scale = new Scalar(given != 0 ? given : 1 / Math.sqrt((double) q.size(3)));
        Tensor state = in.has(3)
                ? in.at(3).to(ScalarType.Float)
                : torch.zeros(new long[] {q.size(0), heads, k.size(3), v.size(3)}, new TensorOptions(ScalarType.Float));
        long length = q.size(1);
        TensorVector outputs = new TensorVector(length);
        for (long t = 0; t < length; t++) {
            Tensor key = k.select(1, t).unsqueeze(3);
            state = decayed(state, decay, t);
            state = state.add(torch.matmul(key, written(state, key, v.select(1, t), step(beta, t))));
            Tensor read = Attending.repeated(state, heads * groups);
            outputs.put(
                    t,
                    torch.matmul(q.select(1, t).unsqueeze(2), read).squeeze(2).mul(scale));
        }
        Tensor y = torch.stack(outputs, 1).reshape(q.size(0), length, -1);
        return new Tensor[] {y.to(in.at(0).scalar_type()), state.to(in.at(0).scalar_type())};
    }

    /// `[batch, length, heads, size]`, in float.
    private static Tensor heads(Tensor x, long heads) {
        return x.to(ScalarType.Float).reshape(x.size(0), x.size(1), heads, -1);
    }

    private static @Nullable Tensor step(@Nullable Tensor perStep, long t) {
        return perStep == null ? null : perStep.select(1, t);
    }

    private static Tensor decayed(Tensor state, @Nullable Tensor decay, long t) {
        return decay == null ? state : state.mul(torch.exp(decay.select(1, t)).unsqueeze(3));
    }

    /// The row that is written under `key`: the value, or its difference to what the state already says.
    private static Tensor written(Tensor state, Tensor key, Tensor value, @Nullable Tensor beta) {
        if (beta == null) {
            return value.unsqueeze(2);
        }
        Tensor retrieved = torch.matmul(state.transpose(2, 3), key).squeeze(3);
        return value.sub(retrieved).mul(beta).unsqueeze(2);
    }
}
