package ai.vernier.passes;

import ai.vernier.onnx.rewrite.PassSequence;

/// The passes that make a float model ready to be planned.
public final class Preparation {
    private Preparation() {}

    /// Constants first, so that weights are known to the folding of batch normalizations; identities and added
    /// biases before it, so that they do not stand between.
    public static PassSequence passes() {
        return PassSequence.of(new FoldConstants(), new RemoveIdentities(), new FoldBiasAdd(), new FoldBatchNorm());
    }
}
