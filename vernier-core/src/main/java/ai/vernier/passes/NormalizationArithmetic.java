package ai.vernier.passes;

import ai.vernier.onnx.Node;
import ai.vernier.onnx.rewrite.GraphEditor;
import java.util.Arrays;
import java.util.Optional;

/// Nodes that compute  d / √(ReduceMean(d²) + ε)  where d is x, or x − ReduceMean(x).
///
/// @param quotient the last of them
/// @param centred whether the mean is taken out
/// @param axes along which means are taken
/// @param nodes all of them
record NormalizationArithmetic(
        Node quotient, String input, boolean centred, double epsilon, Axes axes, Upstream nodes) {
    /// A list of axes, compared as one value.
    static final class Axes {
        private final long[] values;

        Axes(long[] values) {
            this.values = values.clone();
        }

        long[] values() {
            return values.clone();
        }
    }

    /// The mean of squares below the root.
    ///
    /// @param deviation what is squared
    private record Variance(String deviation, double epsilon, Axes axes) {}

    static Optional<NormalizationArithmetic> endingAt(Node node, GraphEditor graph) {
        return switch (node.qualifiedType()) {
            case "Div" -> {
                Upstream nodes = Upstream.from(node, graph);
                yield nodes.squareRoot(node.inputs().get(1))
                        .flatMap(variance -> of(node, node.inputs().get(0), variance, nodes));
            }
            case "Mul" -> product(node, 0, 1, graph).or(() -> product(node, 1, 0, graph));
            default -> Optional.empty();
        };
    }

    private static Optional<NormalizationArithmetic> product(Node node, int data, int factor, GraphEditor graph) {
        Upstream nodes = Upstream.from(node, graph);
        return nodes.inverseSquareRoot(node.inputs().get(factor))
                .flatMap(variance -> of(node, node.inputs().get(data), variance, nodes));
    }

    private static Optional<NormalizationArithmetic> of(Node node, String numerator, String value, Upstream nodes) {
        Optional<Variance> variance = variance(value, nodes).filter(found -> found.deviation.equals(numerator));
        return variance.map(found -> centred(node, found, nodes)
                .orElseGet(
                        () -> new NormalizationArithmetic(node, numerator, false, found.epsilon, found.axes, nodes)));
    }

    private static Optional<Variance> variance(String value, Upstream nodes) {
        Optional<Node> sum = nodes.producer(value, "Add");
        for (int constant = 0; sum.isPresent() && constant < 2; constant++) {
            Optional<Double> epsilon = nodes.scalar(sum.get().inputs().get(constant));
            Optional<Node> mean = epsilon.isEmpty()
                    ? Optional.empty()
                    : nodes.producer(sum.get().inputs().get(1 - constant), "ReduceMean");
            Optional<long[]> axes = mean.flatMap(nodes::keptAxes);
            Optional<String> deviation =
                    mean.flatMap(found -> nodes.square(found.inputs().getFirst()));
            if (axes.isPresent() && deviation.isPresent()) {
                return Optional.of(new Variance(deviation.get(), epsilon.orElseThrow(), new Axes(axes.get())));
            }
        }
        return Optional.empty();
    }

    /// With the deviation as `x − ReduceMean(x)` along the same axes.
    private static Optional<NormalizationArithmetic> centred(Node node, Variance variance, Upstream nodes) {
        Upstream trial = Upstream.from(node, nodes.graph());
        Optional<Node> difference = trial.producer(variance.deviation, "Sub");
        Optional<Node> mean = difference
                .flatMap(sub -> trial.producer(sub.inputs().get(1), "ReduceMean"))
                .filter(found -> found.inputs()
                        .getFirst()
                        .equals(difference.get().inputs().getFirst()))
                .filter(found -> trial.keptAxes(found)
                        .filter(axes -> Arrays.equals(axes, variance.axes.values()))
                        .isPresent());
        if (mean.isEmpty()) {
            return Optional.empty();
        }
        trial.passed().stream().skip(1).forEach(nodes.passed()::add);
        return Optional.of(new NormalizationArithmetic(
                node, mean.get().inputs().getFirst(), true, variance.epsilon, variance.axes, nodes));
    }
}
