package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Losses over classes on axis 1: `loss = −w[t] · x[t]`, with no loss where the target is `ignore_index`.
final class LossOps {
    private LossOps() {}

    static void register(OpTable ops) {
        ops.add("NegativeLogLikelihoodLoss", 12, (node, in) -> reduced(node, in.at(0), in));
        ops.addMany("SoftmaxCrossEntropyLoss", 12, (node, in) -> {
            Tensor logProbabilities = torch.log_softmax(in.at(0), 1);
            return new Tensor[] {reduced(node, logProbabilities, in), logProbabilities};
        });
    }

    private static Tensor reduced(NodeView node, Tensor logProbabilities, Inputs in) {
        Tensor target = in.at(1).to(ScalarType.Long);
        Tensor kept = node.has("ignore_index") ? target.ne(new Scalar(node.integer("ignore_index", 0))) : null;
        Tensor safe = kept == null ? target : torch.where(kept, target, new Scalar(0L));
        Tensor picked = torch.gather(logProbabilities, 1, safe.unsqueeze(1)).squeeze(1);
        Tensor weight = weight(in.orNull(2), safe, kept, picked);
        Tensor loss = torch.neg(picked.mul(weight));
        return switch (node.text("reduction", "mean")) {
            case "none" -> loss;
            case "sum" -> torch.sum(loss);
            default -> torch.sum(loss).div(torch.sum(weight));
        };
    }

    private static Tensor weight(@Nullable Tensor perClass, Tensor target, @Nullable Tensor kept, Tensor like) {
        Tensor weight = perClass == null
                ? torch.ones_like(like)
                : perClass.index_select(0, target.reshape(-1)).reshape(HostTransfer.sizes(target));
        return kept == null ? weight : torch.where(kept, weight, new Scalar(0));
    }
}
