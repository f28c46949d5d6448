package ai.vernier.data;

import ai.vernier.onnx.TensorData;

/// How far a tensor x is from its reference r, as sums from which the usual measures follow; sums of
/// disjoint parts add up (in double precision, so merge in a fixed order for equal bits).
///
/// @param elements elements compared
/// @param referenceSquares Σr²
/// @param squares Σx²
/// @param product Σr·x
/// @param errorSquares Σ(r − x)²
/// @param absoluteErrors Σ|r − x|
/// @param maxError max |r − x|
public record Difference(
        long elements,
        double referenceSquares,
        double squares,
        double product,
        double errorSquares,
        double absoluteErrors,
        double maxError) {
    /// Nothing compared yet.
    public static final Difference NONE = new Difference(0, 0, 0, 0, 0, 0, 0);

    /// Compares two FLOAT tensors of the same number of elements.
    public static Difference of(TensorData reference, TensorData other) {
        float[] expected = reference.toFloats();
        float[] found = other.toFloats();
        if (expected.length != found.length) {
            throw new IllegalArgumentException("cannot compare %s with %s".formatted(reference, other));
        }
        double referenceSquares = 0;
        double squares = 0;
        double product = 0;
        double errorSquares = 0;
        double absoluteErrors = 0;
        double maxError = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = (double) expected[i] - found[i];
            referenceSquares += (double) expected[i] * expected[i];
            squares += (double) found[i] * found[i];
            product += (double) expected[i] * found[i];
            errorSquares += error * error;
            absoluteErrors += Math.abs(error);
            maxError = Math.max(maxError, Math.abs(error));
        }
        return new Difference(
                expected.length, referenceSquares, squares, product, errorSquares, absoluteErrors, maxError);
    }

    /// Signal to quantization noise in dB, `10·log₁₀(Σr² / Σ(r − x)²)`; +∞ where nothing differs.
    public double sqnr() {
        return errorSquares == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(referenceSquares / errorSquares);
    }

    /// Cosine of the angle between r and x, `Σr·x / √(Σr²·Σx²)`, −1 … 1; 1 where both are zero.
    public double cosine() {
        if (referenceSquares == 0 && squares == 0) {
            return 1;
        }
        return product == 0 ? 0 : product / (Math.sqrt(referenceSquares) * Math.sqrt(squares));
    }

    /// Peak signal to noise in dB, `10·log₁₀(peak² / mean (r − x)²)`; +∞ where nothing differs.
    ///
    /// @param peak the highest value that the signal can take, 1 or 255 for images
    public double psnr(double peak) {
        return errorSquares == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(peak * peak * elements / errorSquares);
    }

    /// Mean of |r − x|; NaN where nothing was compared.
    public double meanAbsoluteError() {
        return absoluteErrors / elements;
    }

    public Difference merge(Difference that) {
        return new Difference(
                elements + that.elements,
                referenceSquares + that.referenceSquares,
                squares + that.squares,
                product + that.product,
                errorSquares + that.errorSquares,
                absoluteErrors + that.absoluteErrors,
                Math.max(maxError, that.maxError));
    }
}
