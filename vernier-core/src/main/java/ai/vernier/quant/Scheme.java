package ai.vernier.quant;

/// How a range of reals is laid on the codes of an [IntegerFormat]; zero is exactly representable in all of them.
public enum Scheme {
    /// Zero point free: the codes cover [min, max] as tightly as a representable zero allows.
    ASYMMETRIC,
    /// Zero point in the middle code (0 where signed, 2^(bits−1) where unsigned); all 2^bits codes are used, so the
    /// negative side reaches one step further: [−2^(b−1), 2^(b−1) − 1].
    SYMMETRIC,
    /// As [#SYMMETRIC] without the most negative code: [−(2^(b−1) − 1), 2^(b−1) − 1].
    SYMMETRIC_RESTRICTED,
    /// Non-negative data on an unsigned grid whose zero point is 0; data with negative values fall back to
    /// [#SYMMETRIC].
    UNSIGNED_SYMMETRIC
}
