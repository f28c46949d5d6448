package ai.vernier.engine.tensor;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// The 8- and 4-bit floating-point formats. The engine carries their values in float32, which holds all of them.
///
///     value = (−1)^s · 1.m · 2^(e − bias),   0.m · 2^(1 − bias) where e = 0
///
/// The table is that of the ONNX specification, "Float stored in 8 bits" and "Float stored in 4 bits".
@SuppressWarnings("ImmutableEnumChecker") // the tables are filled in the constructor
public enum SmallFloat {
    E4M3FN(DataType.FLOAT8E4M3FN, 3, 7, 448, Overflow.NAN),
    E4M3FNUZ(DataType.FLOAT8E4M3FNUZ, 3, 8, 240, Overflow.NAN),
    E5M2(DataType.FLOAT8E5M2, 2, 15, 57344, Overflow.INFINITY),
    E5M2FNUZ(DataType.FLOAT8E5M2FNUZ, 2, 16, 57344, Overflow.NAN),
    E2M1(DataType.FLOAT4E2M1, 1, 1, 6, Overflow.SATURATES),
    /// Powers of two without a sign.
    E8M0(DataType.FLOAT8E8M0, 0, 127, 0x1p127f, Overflow.NAN);

    /// What becomes of values that are too large, unless they saturate.
    private enum Overflow {
        NAN,
        INFINITY,
        SATURATES
    }

    private static final int FLOAT_EXPONENT = 0x7F80_0000;
    private static final int FLOAT_MANTISSA_BITS = 23;
    private static final int NEGATIVE_NAN = 0xFFC0_0000;

    private final DataType type;
    private final int mantissaBits;
    private final int bias;
    private final float largest;
    private final Overflow overflow;
    private final float[] values;
    private final Map<Integer, Long> codes = new HashMap<>();

    SmallFloat(DataType type, int mantissaBits, int bias, float largest, Overflow overflow) {
        this.type = type;
        this.mantissaBits = mantissaBits;
        this.bias = bias;
        this.largest = largest;
        this.overflow = overflow;
        this.values = new float[1 << type.bits()];
        for (int code = values.length - 1; code >= 0; code--) {
            values[code] = value(code);
            if (!Float.isNaN(values[code]) || isCanonical(code)) {
                codes.put(key(values[code]), (long) code);
            }
        }
        codes.putIfAbsent(key(-0f), 0L);
        codes.putIfAbsent(NEGATIVE_NAN, codes.getOrDefault(key(Float.NaN), 0L));
    }

    public static Optional<SmallFloat> of(DataType type) {
        return Arrays.stream(values()).filter(format -> format.type == type).findFirst();
    }

    /// Of several codes for "not a number", the one with the upper half of the mantissa set.
    private boolean isCanonical(int code) {
        return overflow != Overflow.INFINITY || (code & 3) == 2;
    }

    /// Bits that tell values apart, a NaN keeping nothing but its sign.
    private static int key(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isNaN(value) ? (bits & Integer.MIN_VALUE) | Float.floatToIntBits(Float.NaN) : bits;
    }

    private float value(int code) {
        if (type == DataType.FLOAT8E8M0) {
            return code == 255 ? Float.NaN : (float) Math.scalb(1.0, code - bias);
        }
        int signBit = 1 << (type.bits() - 1);
        int exponent = (code & (signBit - 1)) >> mantissaBits;
        int mantissa = code & ((1 << mantissaBits) - 1);
        boolean hasNegativeZero = overflow != Overflow.NAN || type == DataType.FLOAT8E4M3FN;
        if (code == signBit && !hasNegativeZero) {
            return Float.NaN;
        }
        double magnitude = exponent == 0
                ? Math.scalb((double) mantissa, 1 - bias - mantissaBits)
                : Math.scalb((double) (mantissa + (1 << mantissaBits)), exponent - bias - mantissaBits);
        if (magnitude > largest) {
            magnitude = overflow == Overflow.INFINITY && mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        }
        return (code & signBit) == 0 ? (float) magnitude : negated((float) magnitude);
    }

    private static float negated(float value) {
        return Float.isNaN(value) ? Float.intBitsToFloat(NEGATIVE_NAN) : -value;
    }

    /// The values of a tensor in this format.
    float[] decode(TensorData data) {
        DataType unsigned = type.bits() == Byte.SIZE ? DataType.UINT8 : DataType.UINT4;
        long[] packed = TensorData.ofBytes(unsigned, data.bytes(), data.dims()).toLongs();
        float[] decoded = new float[packed.length];
        for (int i = 0; i < decoded.length; i++) {
            decoded[i] = values[(int) packed[i]];
        }
        return decoded;
    }

    /// A tensor in this format.
    ///
    /// @throws InvalidInputException where the format lacks a value
    public TensorData encode(float[] decoded, long... dims) {
        long[] packed = new long[decoded.length];
        for (int i = 0; i < packed.length; i++) {
            Long code = codes.get(key(decoded[i]));
            if (code == null) {
                throw new InvalidInputException(
                        "%s is declared, but the value %s has no place in it".formatted(type.text(), decoded[i]));
            }
            packed[i] = code;
        }
        DataType unsigned = type.bits() == Byte.SIZE ? DataType.UINT8 : DataType.UINT4;
        return TensorData.ofBytes(
                type, TensorData.ofIntegers(unsigned, packed, dims).bytes(), dims);
    }

    /// The nearest values of this format, ties to even. What is too large becomes the largest value where
    /// `saturate`, else not a number or infinite, as the format has it. Where it has neither, NaN becomes −0, as in
    /// the reference implementation of ONNX.
    ///
    ///     step = 2^(max(⌊log2 |x|⌋, 1 − bias) − mantissa bits),   x' = roundHalfEven(x / step) · step
    public Tensor round(Tensor x, boolean saturate) {
        Tensor real = x.to(ScalarType.Float);
        Tensor power = powerOfTwo(real).clamp_min(new Scalar(Math.scalb(1.0, 1 - bias)));
        Tensor step = power.mul(new Scalar(Math.scalb(1.0, -mantissaBits)));
        Tensor finite = torch.round(real.div(step)).mul(step);
        Tensor rounded = torch.where(torch.isinf(real), real, finite);
        Tensor limit = torch.full_like(real, new Scalar((double) largest));
        Tensor tooLarge = rounded.abs().gt(new Scalar((double) largest));
        if (overflow == Overflow.SATURATES) {
            Tensor known = torch.where(torch.isnan(real), torch.full_like(real, new Scalar(-0.0)), rounded);
            return torch.where(tooLarge, torch.copysign(limit, real), known);
        }
        if (saturate) {
            return torch.where(tooLarge, torch.copysign(limit, real), rounded);
        }
        double marker = overflow == Overflow.NAN ? Double.NaN : Double.POSITIVE_INFINITY;
        return torch.where(tooLarge, torch.copysign(torch.full_like(real, new Scalar(marker)), real), rounded);
    }

    /// 2^⌊log2 |x|⌋: the exponent of a float, its sign and mantissa wiped out.
    private static Tensor powerOfTwo(Tensor x) {
        Tensor bits = x.contiguous().view(ScalarType.Int);
        return torch.bitwise_and(bits, new Scalar(FLOAT_EXPONENT)).view(ScalarType.Float);
    }

    /// Powers of two by the exponent field of a float; `mode` says where those between two of them go: `up`, `down`
    /// or `nearest`.
    public static Tensor roundToPowerOfTwo(Tensor x, String mode, boolean saturate) {
        Tensor real = x.to(ScalarType.Float).abs();
        Tensor bits = real.contiguous().view(ScalarType.Int);
        int half = 1 << (FLOAT_MANTISSA_BITS - 1);
        Tensor raised = switch (mode) {
            case "up" -> bits.add(new Scalar((1 << FLOAT_MANTISSA_BITS) - 1));
            case "nearest" -> bits.add(new Scalar(half));
            default -> bits;
        };
        Tensor power = torch.bitwise_and(raised, new Scalar(FLOAT_EXPONENT)).view(ScalarType.Float);
        Tensor atLeast = power.clamp_min(new Scalar(0x1p-127));
        double top = saturate ? E8M0.largest : Double.NaN;
        Tensor inRange = torch.where(torch.isinf(atLeast), torch.full_like(real, new Scalar(top)), atLeast);
        Tensor special = torch.logical_not(torch.isfinite(real));
        return torch.where(special, torch.full_like(real, new Scalar(Double.NaN)), inRange);
    }
}
