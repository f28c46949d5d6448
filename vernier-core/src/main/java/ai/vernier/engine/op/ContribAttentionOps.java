package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// ONNX Runtime's attention operators (domain com.microsoft), which project, pad and keep caches in their
/// own ways around the one formula.
final class ContribAttentionOps {
    private static final String DOMAIN = "com.microsoft.";

    /// What a masked score gets added, unless the node says otherwise.
    private static final double MASKED = -10_000;

    private ContribAttentionOps() {}

    static void register(OpTable ops) {
        ops.addMany(DOMAIN + "Attention", 1, ContribAttentionOps::attention);
        ops.addMany(DOMAIN + "MultiHeadAttention", 1, ContribAttentionOps::multiHead);
        ops.addMany(DOMAIN + "GroupQueryAttention", 1, GroupQueryAttention::attend);
        ops.add(DOMAIN + "RotaryEmbedding", 1, ContribAttentionOps::rotary);
    }

    /// Inputs: x `[batch, length, size]`, weights and bias of q, k and v side by side, mask, past `[2,
    /// batch, heads, length, size]`, bias of the scores. Outputs: y, present.
    private static Tensor[] attention(NodeView node, Inputs in) {
        if (node.flag("do_rotary", false) || node.flag("past_present_share_buffer", false)) {
            throw node.unsupported("with rotary positions or a shared cache");
        }
        long heads = node.integer("num_heads", 1);
        Tensor projected = torch.matmul(in.at(0), in.at(1));
        projected = in.has(2) ? projected.add(in.at(2)) : projected;
        long third = projected.size(2) / 3;
        long[] sizes = node.integers("qkv_hidden_sizes", new long[] {third, third, third});
        Tensor q = Attending.split(projected.narrow(2, 0, sizes[0]), heads);
        Tensor k = Attending.split(projected.narrow(2, sizes[0], sizes[1]), heads);
        Tensor v = Attending.split(projected.narrow(2, sizes[0] + sizes[1], sizes[2]), heads);
        if (in.has(4)) {
            k = AttentionOps.appended(in.at(4).select(0, 0), k);
            v = AttentionOps.appended(in.at(4).select(0, 1), v);
        }
        Tensor bias = bias(node, new Geometry(q, k.size(2), k.size(2) - q.size(2)), in.orNull(3), in.orNull(5));
        Tensor y =
                new Attending(Attending.scale(node, q), 0, bias).apply(q, k, v).y();
        Tensor present = node.wantsOutput(1) ? torch.stack(new TensorVector(k, v), 0) : y;
        return new Tensor[] {Attending.merged(y), present};
    }

    /// Inputs: q, k, v `[batch, length, heads · size]`, or q, k and v packed into q, or k and v packed
    /// into k, or k and v with their heads split; bias of the projections, mask of keys, bias of the
    /// scores, past k, past v. Outputs: y, present k, present v.
    private static Tensor[] multiHead(NodeView node, Inputs in) {
        Tensor[] qkv = heads(node, in);
        Tensor q = qkv[0];
        Tensor k = AttentionOps.appended(in.orNull(6), qkv[1]);
        Tensor v = AttentionOps.appended(in.orNull(7), qkv[2]);
        long past = in.has(6) ? in.at(6).size(2) : 0;
        Tensor bias = bias(node, new Geometry(q, k.size(2), past), in.orNull(4), in.orNull(5));
        Tensor y =
                new Attending(Attending.scale(node, q), 0, bias).apply(q, k, v).y();
        return new Tensor[] {Attending.merged(y), k, v};
    }

    private static Tensor[] heads(NodeView node, Inputs in) {
        long heads = node.integer("num_heads", 1);
        Tensor[] qkv = new Tensor[3];
        if (!in.has(1)) {
            for (int i = 0; i < 3; i++) {
                qkv[i] = in.at(0).select(3, i).transpose(1, 2);
            }
        } else {
            qkv[0] = Attending.split(in.at(0), heads);
            boolean packed = in.at(1).dim() == 5;
            qkv[1] = packed ? in.at(1).select(3, 0).transpose(1, 2) : split(in.at(1), heads);
            qkv[2] = packed ? in.at(1).select(3, 1).transpose(1, 2) : split(in.at(2), heads);
        }
        if (in.has(3)) {
            long first = 0;
            for (int i = 0; i < 3; i++) {
                long size = qkv[i].size(1) * qkv[i].size(3);
                Tensor part = in.at(3).narrow(0, first, size).reshape(1, heads, 1, -1);
                qkv[i] = qkv[i].add(part);
                first += size;
            }
        }
        return qkv;
    }

    private static Tensor split(Tensor x, long heads) {
        return x.dim() == 4 ? x : Attending.split(x, heads);
    }

    /// @param past keys before those that belong to the queries
    private record Geometry(Tensor q, long keys, long past) {
        long batch() {
            return q.size(0);
        }

        long queries() {
            return q.size(2);
        }
    }

    private static @Nullable Tensor bias(
            NodeView node, Geometry geometry, @Nullable Tensor mask, @Nullable Tensor added) {
        Tensor bias = added;
        if (mask != null) {
            Tensor blocked = torch.logical_not(kept(node, geometry, mask));
            Tensor zeros = torch.zeros(HostTransfer.sizes(blocked), geometry.q.options());
            Tensor masked = zeros.masked_fill(blocked, new Scalar(node.real("mask_filter_value", MASKED)));
            bias = bias == null ? masked : bias.add(masked);
        }
        if (node.flag("unidirectional", false)) {
            Tensor causal = causal(geometry);
            bias = bias == null ? causal : bias.add(causal);
        }
        return bias;
    }

    /// The last query sees every key, however many there are: so ONNX Runtime has it, whose code is the
    /// definition.
    private static Tensor causal(Geometry geometry) {
        Tensor row = Attending.positions(geometry.queries()).unsqueeze(1);
        Tensor later = Attending.positions(geometry.keys).unsqueeze(0).gt(row.add(new Scalar(geometry.past)));
        Tensor last = row.eq(new Scalar(geometry.queries() - 1));
        return Attending.blocked(torch.logical_and(later, torch.logical_not(last)), geometry.q);
    }

    /// Which keys take part, broadcast to `[batch, heads, queries, keys]`. A mask lists lengths, or ends
    /// and then starts, or says 0 or 1 per key, or per query and key.
    private static Tensor kept(NodeView node, Geometry geometry, Tensor mask) {
        long batch = geometry.batch();
        if (mask.dim() == 1 && (mask.size(0) == batch || mask.size(0) == 2 * batch)) {
            Tensor position = Attending.positions(geometry.keys).reshape(1, 1, 1, -1);
            Tensor before = position.lt(mask.narrow(0, 0, batch).reshape(-1, 1, 1, 1));
            return mask.size(0) == batch
                    ? before
                    : torch.logical_and(
                            before, position.ge(mask.narrow(0, batch, batch).reshape(-1, 1, 1, 1)));
        }
        if (mask.dim() == 1) {
            throw node.unsupported("with a mask of shape [" + mask.size(0) + "]");
        }
        Tensor flags = mask.ne(new Scalar(0));
        long[] shape = HostTransfer.sizes(mask);
        return mask.dim() == 2
                ? flags.reshape(shape[0], 1, 1, shape[1])
                : flags.reshape(LongStream.concat(
                                LongStream.of(shape[0], 1),
                                LongStream.of(shape[shape.length - 2], shape[shape.length - 1]))
                        .toArray());
    }

    /// Inputs: x `[batch, length, heads · size]` or `[batch, heads, length, size]`, positions (one per
    /// element, or the first of all), cos, sin.
    private static Tensor rotary(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        boolean flat = x.dim() == 3;
        long given = node.integer("num_heads", 0);
        long heads = given > 0 ? given : flat ? x.size(2) / (2 * in.at(2).size(1)) : x.size(1);
        Tensor split = flat ? Attending.split(x, heads) : x;
        Tensor positions = in.at(1).to(ScalarType.Long);
        if (positions.numel() == 1) {
            positions =
                    Attending.positions(split.size(2)).add(positions.reshape(1)).reshape(1, -1);
        }
        Tensor cos = atPositions(in.at(2), positions);
        Tensor sin = atPositions(in.at(3), positions);
        Tensor y = Rotation.rotate(split, cos, sin, node.flag("interleaved", false));
        return flat ? Attending.merged(y) : y;
    }

    /// `[batch, 1, length, half]`
    static Tensor atPositions(Tensor cache, Tensor positions) {
        return cache.index_select(0, positions.reshape(-1))
                .reshape(positions.size(0), positions.size(1), -1)
                .unsqueeze(1);
    }
}
