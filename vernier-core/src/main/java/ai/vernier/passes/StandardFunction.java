package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// An operator of `ai.onnx` that is a function of one value.
///
/// @param since opset from which on the operator exists
record StandardFunction(String opType, long since, Map<String, Attribute> attributes, DoubleUnaryOperator formula) {
    /// Bounds the difference by this times max(1, |x|): float constants such as √½ and the 1.41421 of some exporters
    /// are this exact, different functions are not this near.
    private static final double TOLERANCE = 2e-6;

    /// e to this power is still a float; beyond it formulas with exponentials break down before the operator does.
    private static final double LARGEST_EXPONENT = 80;

    private static final float SIXTH = 1f / 6;

    StandardFunction {
        attributes = Map.copyOf(attributes);
    }

    /// The operator that computes `formula`, its attributes fitted.
    static Optional<StandardFunction> of(DoubleUnaryOperator formula) {
        Map<Double, Double> known = new HashMap<>();
        DoubleUnaryOperator once = x -> known.computeIfAbsent(x, formula::applyAsDouble);
        return Stream.concat(fixed(), fitted(once))
                .filter(candidate -> candidate.equalsEverywhere(once))
                .findFirst();
    }

    private static Stream<StandardFunction> fixed() {
        return Stream.of(
                new StandardFunction("Relu", 7, Map.of(), x -> Math.max(0, x)),
                new StandardFunction("Sigmoid", 7, Map.of(), StandardFunction::sigmoid),
                new StandardFunction("Tanh", 7, Map.of(), Math::tanh),
                new StandardFunction("Softplus", 7, Map.of(), StandardFunction::softplus),
                new StandardFunction("Softsign", 7, Map.of(), x -> x / (1 + Math.abs(x))),
                new StandardFunction("HardSwish", 14, Map.of(), x -> x * hardSigmoid(x, SIXTH, 0.5)),
                new StandardFunction("Mish", 18, Map.of(), x -> x * Math.tanh(softplus(x))),
                new StandardFunction("Gelu", 20, Map.of(), x -> x / 2 * (1 + ErrorFunction.at(x / Math.sqrt(2)))),
                new StandardFunction(
                        "Gelu", 20, Map.of("approximate", Attribute.of("tanh")), StandardFunction::geluByTanh));
    }

    /// Attributes follow from the formula at a few points, if it is of that kind at all.
    private static Stream<StandardFunction> fitted(DoubleUnaryOperator formula) {
        float beta = (float) formula.applyAsDouble(0);
        float alpha = (float) ((formula.applyAsDouble(1e-3) - formula.applyAsDouble(-1e-3)) / 2e-3);
        double gate = formula.applyAsDouble(1);
        float swish = (float) Math.log(gate / (1 - gate));
        float leak = (float) -formula.applyAsDouble(-1);
        Map<String, Attribute> line = new LinkedHashMap<>();
        line.put("alpha", Attribute.of(alpha));
        line.put("beta", Attribute.of(beta));
        return Stream.of(
                new StandardFunction("HardSigmoid", 7, line, x -> alpha > 0 ? hardSigmoid(x, alpha, beta) : Double.NaN),
                new StandardFunction(
                        "Swish",
                        24,
                        swish == 1 ? Map.of() : Map.of("alpha", Attribute.of(swish)),
                        x -> x * sigmoid(swish * x)),
                new StandardFunction("LeakyRelu", 7, Map.of("alpha", Attribute.of(leak)), x -> leakyRelu(x, leak)));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static double hardSigmoid(double x, double alpha, double beta) {
        return Math.clamp(alpha * x + beta, 0, 1);
    }

    /// Without an answer where the function is no leak: identities and absolute values are not meant.
    private static double leakyRelu(double x, double alpha) {
        return alpha <= 0 || alpha >= 1 ? Double.NaN : Math.max(x, alpha * x);
    }

    private static double geluByTanh(double x) {
        return x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    private boolean equalsEverywhere(DoubleUnaryOperator other) {
        return points().allMatch(x -> isNear(x, other.applyAsDouble(x)));
    }

    private boolean isNear(double x, double found) {
        if (!Double.isFinite(found)) {
            return Math.abs(x) > LARGEST_EXPONENT;
        }
        return Math.abs(formula.applyAsDouble(x) - found) <= TOLERANCE * Math.max(1, Math.abs(x));
    }

    /// Every 1/8 from −12 to 12, off the usual breakpoints by an odd amount, and powers of ten up to a million.
    private static DoubleStream points() {
        DoubleStream near = IntStream.rangeClosed(-96, 96).mapToDouble(i -> i / 8.0 + 0.0137);
        DoubleStream far = DoubleStream.of(0, 20, 50, 79, 1e3, 1e4, 1e6).flatMap(x -> DoubleStream.of(-x, x));
        return DoubleStream.concat(DoubleStream.of(0), DoubleStream.concat(near, far));
    }
}
