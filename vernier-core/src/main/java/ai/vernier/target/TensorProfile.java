package ai.vernier.target;

import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.Scheme;

/// The grid that a target gives to one kind of tensor unless a recipe asks otherwise, and how far it may ask.
///
/// @param perChannel whether each channel gets its own scale where the operator allows it
/// @param minBits narrowest code the target takes
/// @param maxBits widest code the target takes
public record TensorProfile(IntegerFormat format, Scheme scheme, boolean perChannel, int minBits, int maxBits) {
    /// The format of `bits` bits, signed as this profile's own.
    public IntegerFormat format(int bits) {
        return new IntegerFormat(bits, format.signed());
    }

    public boolean allows(int bits) {
        return bits >= minBits && bits <= maxBits;
    }
}
