package ai.vernier.quant;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;

/// The defining arithmetic of quantization, on host arrays. Everything faster is tested against it.
///
///     quantize    q = clamp(round(x / scale) + zeroPoint, minCode, maxCode)      division in float32
///     dequantize  x̂ = scale · (q − zeroPoint)                                    product in float32
///
/// With [Rounding#HALF_EVEN] this is ONNX QuantizeLinear and DequantizeLinear bit for bit wherever all
/// codes of the format are in use. Infinities saturate; NaN has no code and is refused.
public record Quantizer(Rounding rounding) {
    /// Rounds half to even, as ONNX does.
    public static final Quantizer ONNX = new Quantizer(Rounding.HALF_EVEN);

    /// The code of `x` in granule `granule`.
    ///
    /// @throws IllegalArgumentException where `x` is NaN
    public long quantize(float x, Encoding encoding, int granule) {
        if (Float.isNaN(x)) {
            throw new IllegalArgumentException("NaN has no code in " + encoding);
        }
        long zeroPoint = encoding.zeroPoint(granule);
        double rounded = rounding.round(x / encoding.scale(granule));
        double lowest = (double) encoding.minCode() - zeroPoint;
        double highest = (double) encoding.maxCode() - zeroPoint;
        return (long) Math.clamp(rounded, lowest, highest) + zeroPoint;
    }

    /// The real that `code` stands for in granule `granule`.
    public float dequantize(long code, Encoding encoding, int granule) {
        return (float) (code - encoding.zeroPoint(granule)) * encoding.scale(granule);
    }

    /// The real on the grid nearest to `x`: dequantize ∘ quantize.
    ///
    /// @throws IllegalArgumentException where `x` is NaN
    public float fakeQuantize(float x, Encoding encoding, int granule) {
        return dequantize(quantize(x, encoding, granule), encoding, granule);
    }

    /// The codes of a FLOAT tensor, packed in the narrowest ONNX type that holds the format (see
    /// [#storageType(IntegerFormat)]), same dimensions.
    ///
    /// @throws IllegalArgumentException where a value is NaN, or the granules of tensor and encoding
    ///     differ in number
    public TensorData quantize(TensorData tensor, Encoding encoding) {
        float[] values = tensor.toFloats();
        long[] codes = new long[values.length];
        granules(tensor, encoding).forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                int at = run.start() + i;
                codes[at] = quantize(values[at], encoding, run.granule() + i * run.step());
            }
        });
        return TensorData.ofIntegers(storageType(encoding.format()), codes, tensor.dims());
    }

    /// The reals of a tensor of codes of any integer type, as FLOAT, same dimensions.
    ///
    /// @throws IllegalArgumentException where the granules of tensor and encoding differ in number
    public TensorData dequantize(TensorData tensor, Encoding encoding) {
        long[] codes = tensor.toLongs();
        float[] values = new float[codes.length];
        granules(tensor, encoding).forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                int at = run.start() + i;
                values[at] = dequantize(codes[at], encoding, run.granule() + i * run.step());
            }
        });
        return TensorData.ofFloats(values, tensor.dims());
    }

    /// Every value of a FLOAT tensor moved to its grid.
    ///
    /// @throws IllegalArgumentException where a value is NaN, or the granules of tensor and encoding
    ///     differ in number
    public TensorData fakeQuantize(TensorData tensor, Encoding encoding) {
        float[] values = tensor.toFloats();
        granules(tensor, encoding).forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                int at = run.start() + i;
                values[at] = fakeQuantize(values[at], encoding, run.granule() + i * run.step());
            }
        });
        return TensorData.ofFloats(values, tensor.dims());
    }

    private static Granules granules(TensorData tensor, Encoding encoding) {
        Granules granules = Granules.of(tensor.dims(), encoding.granularity());
        if (granules.count() != encoding.granules()) {
            throw new IllegalArgumentException(
                    "%s has %d granules, its encoding %s".formatted(tensor, granules.count(), encoding));
        }
        return granules;
    }

    /// The narrowest ONNX integer type that holds every code of `format`: int3 and int4 → INT4, uint5 →
    /// UINT8.
    public static DataType storageType(IntegerFormat format) {
        boolean signed = format.signed();
        if (format.bits() <= 2) {
            return signed ? DataType.INT2 : DataType.UINT2;
        }
        if (format.bits() <= 4) {
            return signed ? DataType.INT4 : DataType.UINT4;
        }
        if (format.bits() <= 8) {
            return signed ? DataType.INT8 : DataType.UINT8;
        }
        if (format.bits() <= 16) {
            return signed ? DataType.INT16 : DataType.UINT16;
        }
        return signed ? DataType.INT32 : DataType.UINT32;
    }
}
