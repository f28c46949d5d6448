package ai.vernier.calibrate;

import ai.vernier.quant.Encoding;

/// The mean squared quantization error over the values themselves; clipped values weigh `gamma`. For
/// weights, which are few and all at hand.
final class ValuesError implements QuantizationError {
    private final float[] values;
    private final double gamma;

    /// @param values at least one, finite; nobody may change them afterwards
    ValuesError(float[] values, double gamma) {
        this.values = values;
        this.gamma = gamma;
    }

    @Override
    public double of(Encoding grid) {
        double scale = grid.scale(0);
        double inverseScale = 1 / scale;
        double lowest = (double) grid.minCode() - grid.zeroPoint(0);
        double highest = (double) grid.maxCode() - grid.zeroPoint(0);
        double inside = 0;
        double clipped = 0;
        for (float value : values) {
            double u = value * inverseScale;
            double nearest = u - Math.rint(u);
            double beyond = u - Math.max(lowest, Math.min(highest, u));
            inside += beyond == 0 ? nearest * nearest : 0;
            clipped += beyond * beyond;
        }
        return (inside + gamma * clipped) * scale * scale / values.length;
    }
}
