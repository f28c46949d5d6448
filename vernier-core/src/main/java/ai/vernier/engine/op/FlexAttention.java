package ai.vernier.engine.op;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/// Attention whose scores and probabilities pass through functions that the model brings along.
public final class FlexAttention {
    private FlexAttention() {}

    /// Inputs: q, k, v `[batch, heads, length, size]`.
    public static Tensor attend(
            NodeView node, Inputs in, UnaryOperator<Tensor> onScores, UnaryOperator<Tensor> onWeights) {
        Tensor[] qkv = {in.at(0), in.at(1), in.at(2)};
        return new Attending(Attending.scale(node, in.at(0)), 0, null)
                .apply(qkv, onScores, onWeights)
                .y();
    }
}
