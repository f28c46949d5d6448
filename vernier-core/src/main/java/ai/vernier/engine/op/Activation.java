package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// An activation function that a convolution can apply to its results before they leave the cache.
public sealed interface Activation {
    record None() implements Activation {}

    record Relu() implements Activation {}

    record Clamp(double min, double max) implements Activation {}

    record LeakyRelu(double slope) implements Activation {}

    record Sigmoid() implements Activation {}

    record Tanh() implements Activation {}

    /// x · σ(x)
    record Swish() implements Activation {}

    record HardSwish() implements Activation {}

    /// The activation that `node` computes on its first input, if it is one of these and ordinary.
    static Optional<Activation> of(NodeView node) {
        return node.node().domain().isEmpty() ? named(node).filter(Activation::isOrdinary) : Optional.empty();
    }

    /// Whether XNNPACK takes its numbers: not bounds that leave nothing between them, nor a slope that is no number.
    default boolean isOrdinary() {
        return switch (this) {
            case Clamp(double min, double max) -> (float) min < (float) max;
            case LeakyRelu(double slope) -> Float.isFinite((float) slope);
            case None(), Relu(), Sigmoid(), Tanh(), Swish(), HardSwish() -> true;
        };
    }

    private static Optional<Activation> named(NodeView node) {
        return switch (node.node().opType()) {
            case "Relu" -> Optional.of(new Relu());
            case "LeakyRelu" -> Optional.of(new LeakyRelu(node.real("alpha", 0.01)));
            case "Sigmoid" -> Optional.of(new Sigmoid());
            case "Tanh" -> Optional.of(new Tanh());
            case "HardSwish" -> Optional.of(new HardSwish());
            case "Clip" -> clamp(node);
            default -> Optional.empty();
        };
    }

    private static Optional<Activation> clamp(NodeView node) {
        if (node.opset() < 11) {
            return Optional.of(new Clamp(node.real("min", -Float.MAX_VALUE), node.real("max", Float.MAX_VALUE)));
        }
        Optional<Double> min = bound(node, 1, -Float.MAX_VALUE);
        Optional<Double> max = bound(node, 2, Float.MAX_VALUE);
        return min.flatMap(low -> max.map(high -> new Clamp(low, high)));
    }

    private static Optional<Double> bound(NodeView node, int index, double otherwise) {
        if (node.node().input(index).isEmpty()) {
            return Optional.of(otherwise);
        }
        return node.constant(index)
                .filter(value -> value.dataType() == DataType.FLOAT && value.elementCount() == 1)
                .map(TensorData::toFloats)
                .map(values -> (double) values[0]);
    }

    /// Applies the function to `x` in place and returns `x`: what LibTorch's in-place functions return is a reference
    /// that owns nothing.
    default Tensor applyTo(Tensor x) {
        switch (this) {
            case None() -> {}
            case Relu() -> x.relu_();
            case Clamp(double min, double max) -> x.clamp_(ActivationOps.some(min), ActivationOps.some(max));
            case LeakyRelu(double slope) -> torch.leaky_relu_(x, ActivationOps.scalar(slope));
            case Sigmoid() -> x.sigmoid_();
            case Tanh() -> x.tanh_();
            case Swish() -> torch.silu_(x);
            case HardSwish() -> torch.hardswish_(x);
        }
        return x;
    }

    /// oneDNN's name for it.
    default String oneDnnName() {
        return switch (this) {
            case None() -> "none";
            case Relu() -> "relu";
            case Clamp _ -> "hardtanh";
            case LeakyRelu _ -> "leaky_relu";
            case Sigmoid() -> "sigmoid";
            case Tanh() -> "tanh";
            case Swish() -> "swish";
            case HardSwish() -> "hardswish";
        };
    }

    /// Its parameters in oneDNN's order.
    default double[] oneDnnParameters() {
        return switch (this) {
            case Clamp(double min, double max) -> new double[] {min, max};
            case LeakyRelu(double slope) -> new double[] {slope};
            case None(), Relu(), Sigmoid(), Tanh(), Swish(), HardSwish() -> new double[0];
        };
    }
}
