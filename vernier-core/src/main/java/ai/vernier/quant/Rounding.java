package ai.vernier.quant;

/// How a real is rounded to an integer; the three differ only on ties.
public enum Rounding {
    /// Ties to the even neighbour: 0.5 → 0, 1.5 → 2, −0.5 → 0. ONNX QuantizeLinear, PyTorch, and our
    /// default.
    HALF_EVEN {
        @Override
        public double round(double value) {
            return Math.rint(value);
        }
    },
    /// Ties towards +∞: 0.5 → 1, −0.5 → 0. What AIMET's C++ quantizer does: it rounds half away from
    /// zero, but on values it has shifted to be non-negative.
    HALF_UP {
        @Override
        public double round(double value) {
            double floor = Math.floor(value);
            return value - floor >= 0.5 ? floor + 1 : floor;
        }
    },
    /// Ties away from zero: 0.5 → 1, −0.5 → −1. C's `round`.
    HALF_AWAY_FROM_ZERO {
        @Override
        public double round(double value) {
            double magnitude = Math.abs(value);
            return Math.copySign(HALF_UP.round(magnitude), value);
        }
    };

    /// The integer nearest to `value`, as a double; infinities and NaN stay what they are.
    public abstract double round(double value);
}
