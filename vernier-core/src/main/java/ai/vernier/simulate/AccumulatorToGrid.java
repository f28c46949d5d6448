package ai.vernier.simulate;

import ai.vernier.quant.Encoding;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/// Moves a sum of products to the grid of its output as an integer kernel does, with exactly one rounding of the exact
/// sum:
///
///     a ← rint(x / accumulatorScale) + bias                     the integer in the accumulator
///     x ← scale · clamp(rint(a · (accumulatorScale / scale)), minCode − zeroPoint, maxCode − zeroPoint)
///
/// with accumulatorScale = scale(input) · scale(weight). The float32 sum of products differs from the exact one by far
/// less than half an accumulator step, so the first rounding restores the integer. The bias is added to that: its code
/// may exceed 2^24 where weights are tiny, and a float32 sum that starts there would lose the products. What follows is
/// float32 for float32 what ONNX Runtime's QLinearConv, QGemm and QLinearMatMul compute. Without an output grid the
/// result is `a · accumulatorScale`.
final class AccumulatorToGrid implements ToGrid {
    private final int axis;
    private final float[] accumulatorScales;
    private final float[] inverses;
    private final float[] multipliers;
    private final float[] bias;
    private final Optional<Encoding> output;

    /// @param axis where the channels lie in the sum, counting from the end where negative
    /// @param accumulatorScales one, or one per channel
    /// @param bias codes, one or one per channel; empty without a bias
    AccumulatorToGrid(int axis, float[] accumulatorScales, float[] bias, Optional<Encoding> output) {
        this.axis = axis;
        this.accumulatorScales = accumulatorScales.clone();
        this.bias = bias.clone();
        this.output = output;
        this.inverses = new float[accumulatorScales.length];
        this.multipliers = new float[accumulatorScales.length];
        for (int i = 0; i < inverses.length; i++) {
            inverses[i] = 1 / accumulatorScales[i];
            multipliers[i] =
                    output.isPresent() ? accumulatorScales[i] / output.get().scale(0) : accumulatorScales[i];
        }
    }

    @Override
    public Tensor apply(Tensor x) {
        multiply(x, inverses);
        x.round_();
        if (bias.length > 0) {
            x.add_(ToGrid.along(x, axis, bias));
        }
        multiply(x, multipliers);
        output.ifPresent(encoding -> {
            long zeroPoint = encoding.zeroPoint(0);
            x.round_();
            x.clamp_(bound(encoding.minCode() - zeroPoint), bound(encoding.maxCode() - zeroPoint));
            ToGrid.dequantize(x, encoding.scale(0));
        });
        return x;
    }

    private void multiply(Tensor x, float[] factors) {
        if (factors.length == 1) {
            x.mul_(new Scalar(factors[0]));
        } else {
            x.mul_(ToGrid.along(x, axis, factors));
        }
    }

    private static ScalarOptional bound(long code) {
        return new ScalarOptional(new Scalar((float) code));
    }

    @Override
    public String toString() {
        return "%d accumulator scales → %s".formatted(accumulatorScales.length, output);
    }
}
