package ai.vernier.engine.op;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Rotates pairs of elements by angles: (a, b) → (a·cos − b·sin, a·sin + b·cos).
final class Rotation {
    private Rotation() {}

    /// Rotates the leading elements of the last axis, as many as the angles cover, and passes on the
    /// others.
    ///
    /// @param x `[batch, heads, length, size]`
    /// @param cos of each pair's angle, broadcast to `[batch, heads, length, pairs]`; `sin` likewise
    /// @param interleaved whether pairs are neighbours, instead of the two halves
    static Tensor rotate(Tensor x, Tensor cos, Tensor sin, boolean interleaved) {
        long pairs = cos.size(cos.dim() - 1);
        Tensor turned = x.narrow(3, 0, 2 * pairs);
        Tensor kept = x.narrow(3, 2 * pairs, x.size(3) - 2 * pairs);
        Tensor split = interleaved
                ? turned.reshape(x.size(0), x.size(1), x.size(2), pairs, 2)
                : turned.reshape(x.size(0), x.size(1), x.size(2), 2, pairs);
        int axis = interleaved ? 4 : 3;
        Tensor a = split.select(axis, 0);
        Tensor b = split.select(axis, 1);
        Tensor first = a.mul(cos).sub(b.mul(sin));
        Tensor second = a.mul(sin).add(b.mul(cos));
        Tensor rotated =
                torch.stack(new TensorVector(first, second), axis).reshape(x.size(0), x.size(1), x.size(2), 2 * pairs);
        return kept.size(3) == 0 ? rotated : torch.cat(new TensorVector(rotated, kept), 3);
    }
}
