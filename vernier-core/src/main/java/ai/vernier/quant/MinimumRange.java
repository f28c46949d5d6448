package ai.vernier.quant;

import java.util.List;

/// How narrow a calibrated range may be, so that no scale is zero.
///
/// Fixed widths distort tensors of small values: at 8 bits AIMET's 0.01 means a step of 3.9e-5, and an
/// RMSNorm output of 1e-3 keeps 25 codes. So ours is relative to the tensor itself.
public sealed interface MinimumRange {
    /// QNN: max = max(max, min + 0.0001).
    static MinimumRange qnn() {
        return new Absolute(0.0001);
    }

    /// AIMET: max = max(max, min + 0.01).
    static MinimumRange aimet() {
        return new Absolute(0.01);
    }

    /// Our default: no granule narrower than a millionth of the tensor's widest, so that a dead channel
    /// gets a usable scale and a tensor of small values keeps all its codes.
    static MinimumRange relative() {
        return new Relative(1e-6);
    }

    /// At least `width`, in the tensor's unit.
    record Absolute(double width) implements MinimumRange {}

    /// At least `fraction` of the widest granule; where all are empty (all values 0), 1.
    record Relative(double fraction) implements MinimumRange {}

    /// The least width for granules that have `ranges`.
    default double least(List<RealRange> ranges) {
        return switch (this) {
            case Absolute(double width) -> width;
            case Relative(double fraction) -> {
                double widest =
                        ranges.stream().mapToDouble(RealRange::width).max().orElse(0);
                yield widest == 0 ? 1 : fraction * widest;
            }
        };
    }
}
