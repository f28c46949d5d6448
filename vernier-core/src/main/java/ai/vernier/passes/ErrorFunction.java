package ai.vernier.passes;

/// erf(x) = 2/√π · ∫₀ˣ exp(−t²) dt, to about 1e−13.
final class ErrorFunction {
    /// Beyond it the function is ±1 in double precision.
    private static final double SATURATION = 6;

    private ErrorFunction() {}

    /// The series  erf(x) = 2/√π · exp(−x²) · Σ 2ⁿ·x²ⁿ⁺¹ / (1·3·…·(2n+1)),  of positive terms only.
    static double at(double x) {
        if (Math.abs(x) > SATURATION) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
}
