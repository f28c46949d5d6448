package ai.vernier.engine.op;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// ONNX Runtime's GroupQueryAttention: causal attention over a cache whose samples may be filled to
/// different lengths.
///
/// Inputs: q, k, v `[batch, length, heads · size]` (k and v may be packed behind q), past k, past v, last
/// position of each sample, length of the longest, cos, sin, positions, bias of the scores. Outputs: y,
/// present k, present v.
final class GroupQueryAttention {
    private static final int HEAD_SINK = 11;

    private GroupQueryAttention() {}

    static Tensor[] attend(NodeView node, Inputs in) {
        if (node.flag("smooth_softmax", false) || in.has(HEAD_SINK) || node.integer("kv_cache_bit_width", 0) != 0) {
            throw node.unsupported("with a smooth softmax, head sinks or a quantized cache");
        }
        Tensor[] qkv = heads(node, in);
        long[] last = in.longs(5);
        long length = qkv[0].size(2);
        long held = in.has(3) ? in.at(3).size(2) : 0;
        long size = Math.max(held, in.scalar(6));
        TensorVector ys = new TensorVector();
        TensorVector keys = new TensorVector();
        TensorVector values = new TensorVector();
        for (int b = 0; b < last.length; b++) {
            long total = last[b] + 1;
            long past = held == 0 || (total <= length && in.scalar(6) == length) ? 0 : total - length;
            Tensor[] own = new Tensor[3];
            for (int i = 0; i < 3; i++) {
                own[i] = qkv[i].narrow(0, b, 1);
            }
            rotate(node, in, own, b, past);
            Tensor k = cached(in.orNull(3), own[1], new Row(b, past, size));
            Tensor v = cached(in.orNull(4), own[2], new Row(b, past, size));
            long seen = past + length;
            Tensor bias = bias(node, in, own[0], new Row(b, past, seen));
            Attending attending = new Attending(Attending.scale(node, own[0]), node.real("softcap", 0), bias);
            ys.push_back(attending
                    .apply(own[0], k.narrow(2, 0, seen), v.narrow(2, 0, seen))
                    .y());
            keys.push_back(k);
            values.push_back(v);
        }
        return new Tensor[] {Attending.merged(torch.cat(ys, 0)), torch.cat(keys, 0), torch.cat(values, 0)};
    }

    private static Tensor[] heads(NodeView node, Inputs in) {
        long heads = node.integer("num_heads", 1);
        long pairs = node.integer("kv_num_heads", heads);
        if (in.has(1)) {
            return new Tensor[] {
                Attending.split(in.at(0), heads), Attending.split(in.at(1), pairs), Attending.split(in.at(2), pairs)
            };
        }
        Tensor all = Attending.split(in.at(0), heads + 2 * pairs);
        return new Tensor[] {all.narrow(1, 0, heads), all.narrow(1, heads, pairs), all.narrow(1, heads + pairs, pairs)};
    }

    /// @param index of the sample
    /// @param past elements before the new ones
    /// @param size elements in all
    private record Row(int index, long past, long size) {}

    private static void rotate(NodeView node, Inputs in, Tensor[] qkv, int sample, long past) {
        if (!node.flag("do_rotary", false)) {
            return;
        }
        long length = qkv[0].size(2);
        Tensor positions = in.has(9)
                ? in.at(9).narrow(0, sample, 1).to(ScalarType.Long)
                : Attending.positions(length).add(new Scalar(past)).reshape(1, -1);
        Tensor cos = ContribAttentionOps.atPositions(in.at(7), positions);
        Tensor sin = ContribAttentionOps.atPositions(in.at(8), positions);
        boolean interleaved = node.flag("rotary_interleaved", false);
        qkv[0] = Rotation.rotate(qkv[0], cos, sin, interleaved);
        qkv[1] = Rotation.rotate(qkv[1], cos, sin, interleaved);
    }

    /// What the cache held before, the new elements, and room up to the full size.
    private static Tensor cached(@Nullable Tensor past, Tensor now, Row row) {
        Tensor joined = past == null || row.past == 0
                ? now
                : ContribOps.joined(2, past.narrow(0, row.index, 1).narrow(2, 0, row.past), now);
        long missing = row.size - joined.size(2);
        return missing == 0 ? joined : torch.constant_pad_nd(joined, new long[] {0, 0, 0, missing}, new Scalar(0));
    }

    private static Tensor bias(NodeView node, Inputs in, Tensor q, Row row) {
        Tensor bias = Attending.causal(q.size(2), row.size, row.past, q);
        long window = node.integer("local_window_size", -1);
        if (window > 0) {
            Tensor oldest = Attending.positions(q.size(2)).unsqueeze(1).add(new Scalar(row.past - window));
            bias = bias.add(
                    Attending.blocked(Attending.positions(row.size).unsqueeze(0).le(oldest), q));
        }
        if (!in.has(10)) {
            return bias;
        }
        Tensor given = in.at(10);
        return bias.add(given.narrow(0, given.size(0) == 1 ? 0 : row.index, 1).narrow(3, 0, row.size));
    }
}
