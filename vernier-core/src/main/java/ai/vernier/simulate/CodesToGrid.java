package ai.vernier.simulate;

import ai.vernier.quant.Encoding;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/// Moves a value that holds unrounded codes to its per-tensor grid:
///
///     x ← scale · (clamp(rint(x), 0, maxCode − minCode) − (zeroPoint − minCode))
///
/// @param fromLowest whether the codes count from the lowest one; if not, they count from the zero point
record CodesToGrid(Encoding encoding, boolean fromLowest) implements ToGrid {
    @Override
    public Tensor apply(Tensor x) {
        long zero = encoding.zeroPoint(0) - encoding.minCode();
        long lowest = fromLowest ? 0 : -zero;
        x.round_();
        x.clamp_(bound(lowest), bound(lowest + encoding.maxCode() - encoding.minCode()));
        if (fromLowest) {
            x.sub_(new Scalar((float) zero));
        }
        ToGrid.dequantize(x, encoding.scale(0));
        return x;
    }

    private static ScalarOptional bound(long code) {
        return new ScalarOptional(new Scalar((float) code));
    }
}
