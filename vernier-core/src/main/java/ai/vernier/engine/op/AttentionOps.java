package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Attention and what goes with it: rotary positions, cache updates, recurrent forms.
final class AttentionOps {
    private AttentionOps() {}

    static void register(OpTable ops) {
        ops.addMany("Attention", 23, AttentionOps::attention);
        ops.add("RotaryEmbedding", 23, AttentionOps::rotary);
        ops.add("TensorScatter", 24, AttentionOps::tensorScatter);
        ops.addMany("LinearAttention", 27, LinearAttention::attend);
        ops.addMany("CausalConvWithState", 27, AttentionOps::causalConvolution);
    }

    /// Inputs: q, k, v, mask, past key, past value, number of keys that are no padding. Outputs: y,
    /// present key, present value, and the scores at the stage that qk_matmul_output_mode names.
    private static Tensor[] attention(NodeView node, Inputs in) {
        boolean flat = in.at(0).dim() == 3;
        long heads = node.integer("kv_num_heads", 1);
        Tensor q = flat ? Attending.split(in.at(0), node.integer("q_num_heads", 1)) : in.at(0);
        Tensor k = appended(in.orNull(4), flat ? Attending.split(in.at(1), heads) : in.at(1));
        Tensor v = appended(in.orNull(5), flat ? Attending.split(in.at(2), heads) : in.at(2));
        double softcap = node.real("softcap", 0);
        boolean plain = !in.has(3) && !in.has(4) && !in.has(6) && softcap == 0 && !node.wantsOutput(3);
        Tensor bias = plain ? null : bias(node, in, q, k);
        Attending attending = new Attending(Attending.scale(node, q), softcap, bias);
        if (plain) {
            Tensor y = attending.fused(q, k, v, node.flag("is_causal", false));
            return new Tensor[] {flat ? Attending.merged(y) : y, k, v};
        }
        Attending.Stages stages = attending.apply(q, k, v);
        Tensor y = flat ? Attending.merged(stages.y()) : stages.y();
        return new Tensor[] {y, k, v, stage(node, stages).to(q.scalar_type())};
    }

    static Tensor appended(@Nullable Tensor past, Tensor now) {
        return past == null ? now : torch.cat(new TensorVector(past, now), 2);
    }

    private static Tensor stage(NodeView node, Attending.Stages stages) {
        return switch ((int) node.integer("qk_matmul_output_mode", 0)) {
            case 0 -> stages.scores();
            case 1 -> stages.capped();
            case 2 -> stages.biased();
            default -> stages.weights();
        };
    }

    private static @Nullable Tensor bias(NodeView node, Inputs in, Tensor q, Tensor k) {
        Tensor bias = in.has(3) ? mask(in.at(3), q, k.size(2)) : null;
        if (node.flag("is_causal", false)) {
            long past = in.has(4) ? in.at(4).size(2) : 0;
            bias = sum(bias, Attending.causal(q.size(2), k.size(2), past, q));
        }
        if (in.has(6)) {
            Tensor counts = in.at(6).to(ScalarType.Long).reshape(-1, 1, 1, 1);
            Tensor beyond = Attending.positions(k.size(2)).reshape(1, 1, 1, -1).ge(counts);
            bias = sum(bias, Attending.blocked(beyond, q));
        }
        return bias;
    }

    private static Tensor sum(@Nullable Tensor a, Tensor b) {
        return a == null ? b : a.add(b);
    }

    /// A mask may be Boolean (true takes part) or added; keys beyond its end do not take part.
    private static Tensor mask(Tensor mask, Tensor q, long keys) {
        Tensor added =
                mask.scalar_type().intern() == ScalarType.Bool ? Attending.blocked(torch.logical_not(mask), q) : mask;
        long missing = keys - added.size(added.dim() - 1);
        return missing <= 0
                ? added
                : torch.constant_pad_nd(added, new long[] {0, missing}, new Scalar(Double.NEGATIVE_INFINITY));
    }

    /// Inputs: x, cos, sin, positions. Su et al., "RoFormer", 2021.
    private static Tensor rotary(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        boolean flat = x.dim() == 3;
        Tensor heads = flat ? Attending.split(x, node.integer("num_heads", 1)) : x;
        Tensor cos = atPositions(in.at(1), in.orNull(3));
        Tensor sin = atPositions(in.at(2), in.orNull(3));
        boolean interleaved = node.flag("interleaved", false);
        Tensor y = Rotation.rotate(heads, cos, sin, interleaved);
        return flat ? Attending.merged(y) : y;
    }

    /// `[batch or 1, 1, length, half]`
    private static Tensor atPositions(Tensor cache, @Nullable Tensor positions) {
        Tensor rows = positions == null
                ? cache
                : cache.index_select(0, positions.reshape(-1).to(ScalarType.Long))
                        .reshape(positions.size(0), positions.size(1), -1);
        return rows.unsqueeze(1);
    }

    /// Writes `update` into the cache from each sample's position on. Inputs: cache, update, positions.
    private static Tensor tensorScatter(NodeView node, Inputs in) {
        Tensor cache = in.at(0);
        Tensor update = in.at(1);
        long given = node.integer("axis", -2);
        int axis = (int) (given < 0 ? given + cache.dim() : given);
        long[] along = Window.filled((int) cache.dim(), 1);
        along[axis] = update.size(axis);
        Tensor index = Attending.positions(update.size(axis)).reshape(along);
        if (in.has(2)) {
            long[] perSample = Window.filled((int) cache.dim(), 1);
            perSample[0] = in.at(2).numel();
            index = index.add(in.at(2).to(ScalarType.Long).reshape(perSample));
        }
        if (node.text("mode", "linear").equals("circular")) {
            index = torch.remainder(index, new Scalar(cache.size(axis)));
        }
        return torch.scatter(cache, axis, index.expand(HostTransfer.sizes(update)), update);
    }

    /// Depthwise convolution over the past and the present. Inputs: x `[batch, channels, length]`,
    /// weight, bias, past state. Outputs: y, the last kernel − 1 elements.
    private static Tensor[] causalConvolution(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long channels = x.size(1);
        long before = in.at(1).size(2) - 1;
        Tensor padded = in.has(3)
                ? torch.cat(new TensorVector(in.at(3), x), 2)
                : torch.constant_pad_nd(x, new long[] {before, 0}, new Scalar(0));
        long[] one = {1};
        Tensor y = torch.convolution(
                padded,
                in.at(1),
                NormalizationOps.some(in.orNull(2)),
                one,
                new long[] {0},
                one,
                false,
                new long[] {0},
                channels);
        boolean gated = Arrays.asList("silu", "swish").contains(node.text("activation", "none"));
        Tensor state = padded.slice(2, new LongOptional(padded.size(2) - before), new LongOptional(), 1);
        return new Tensor[] {gated ? torch.silu(y) : y, state};
    }
}
