package ai.vernier.quant;

/// How a symmetric grid's scale follows from the range, where the negative side has one code more than
/// the positive (restricted grids: as many, and all rules agree but the last).
///
/// With p codes above zero and n below: 8 bits, p = 127, n = 128, data in [−2, 1].
public enum SymmetricStep {
    /// scale = max(max / p, −min / n), the tightest that covers both ends: 2/128. AIMET since 2.x; our
    /// default.
    EACH_SIDE {
        @Override
        double step(RealRange range, long positive, long negative) {
            return Math.max(range.max() / positive, -range.min() / negative);
        }
    },
    /// scale = absMax / p, leaving the lowest code to rounding: 2/127. ONNX Runtime's tool, earlier AIMET.
    ABS_MAX {
        @Override
        double step(RealRange range, long positive, long negative) {
            return range.absMax() / positive;
        }
    },
    /// scale = absMax / ((p + n) / 2), clipping the positive end by half a step: 2/127.5. Compass full
    /// range.
    HALF_OF_ALL_STEPS {
        @Override
        double step(RealRange range, long positive, long negative) {
            return range.absMax() / ((positive + negative) / 2.0);
        }
    };

    /// The scale for `range`, which contains 0.
    ///
    /// @param positive codes above zero
    /// @param negative codes below zero
    abstract double step(RealRange range, long positive, long negative);
}
