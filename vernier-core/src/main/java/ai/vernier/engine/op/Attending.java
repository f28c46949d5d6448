package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Scaled dot-product attention over heads, `[batch, heads, length, size]`:
///
///     y = softmax(softcap · tanh(scale · q·kᵀ / softcap) + bias) · v
///
/// Vaswani et al., "Attention is all you need", 2017. Where q has more heads than k and v, each of theirs
/// serves a group.
///
/// @param softcap 0 for none
/// @param bias added to the scores, broadcast to `[batch, heads, queries, keys]`; null for none
record Attending(double scale, double softcap, @Nullable Tensor bias) {
    /// The result and the stages before it.
    record Stages(Tensor scores, Tensor capped, Tensor biased, Tensor weights, Tensor y) {}

    static double scale(NodeView node, Tensor q) {
        double given = node.real("scale", 0);
        return given != 0 ? given : 1 / Math.sqrt((double) q.size(3));
    }

    Stages apply(Tensor q, Tensor k, Tensor v) {
        return apply(new Tensor[] {q, k, v}, UnaryOperator.identity(), UnaryOperator.identity());
    }

    /// @param onScores applied to the biased scores, `onWeights` to their softmax
    Stages apply(Tensor[] qkv, UnaryOperator<Tensor> onScores, UnaryOperator<Tensor> onWeights) {
        Tensor q = qkv[0];
        double half = Math.sqrt(scale); // both factors scaled, so that 16-bit products stay in range
        Tensor keys = repeated(qkv[1], q.size(1)).mul(new Scalar(half)).transpose(2, 3);
        Tensor scores = torch.matmul(q.mul(new Scalar(half)), keys);
        Tensor capped = softcap == 0
                ? scores
                : torch.tanh(scores.div(new Scalar(softcap))).mul(new Scalar(softcap));
        Tensor biased = bias == null ? capped : capped.add(bias);
        Tensor weights = onWeights.apply(torch.softmax(onScores.apply(NormalizationOps.wide(biased)), -1));
        Tensor values = repeated(qkv[2], q.size(1));
        Tensor y = torch.matmul(weights, values.to(weights.scalar_type())).to(q.scalar_type());
        return new Stages(scores, capped, biased, weights, y);
    }

    /// LibTorch's fused attention, which computes the same where nothing but the result is asked for.
    Tensor fused(Tensor q, Tensor k, Tensor v, boolean causal) {
        TensorOptional mask = new TensorOptional();
        Tensor keys = repeated(k, q.size(1));
        Tensor values = repeated(v, q.size(1));
        return torch.scaled_dot_product_attention(q, keys, values, mask, 0, causal, new DoubleOptional(scale), false);
    }

    /// Each head as often as it has to be for `heads` of them.
    static Tensor repeated(Tensor x, long heads) {
        long each = heads / x.size(1);
        return each == 1 ? x : x.repeat_interleave(each, new LongOptional(1), new LongOptional());
    }

    /// 0 where key j ≤ query i + `offset`, −∞ after that.
    static Tensor causal(long queries, long keys, long offset, Tensor like) {
        Tensor row = positions(queries).unsqueeze(1).add(new Scalar(offset));
        return blocked(positions(keys).unsqueeze(0).gt(row), like);
    }

    static Tensor positions(long count) {
        return torch.arange(new Scalar(count), new TensorOptions(ScalarType.Long));
    }

    /// −∞ where `mask` holds, 0 elsewhere, in the type of `like`.
    static Tensor blocked(Tensor mask, Tensor like) {
        return torch.zeros(HostTransfer.sizes(mask), like.options())
                .masked_fill(mask, new Scalar(Double.NEGATIVE_INFINITY));
    }

    /// `[batch, length, heads · size]` → `[batch, heads, length, size]`.
    static Tensor split(Tensor x, long heads) {
        return x.reshape(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
    }

    /// `[batch, heads, length, size]` → `[batch, length, heads · size]`.
    static Tensor merged(Tensor x) {
        return x.transpose(1, 2).reshape(x.size(0), x.size(2), x.size(1) * x.size(3));
    }
}
