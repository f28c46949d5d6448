package ai.vernier.passes;

import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassSequence;
import java.util.Collection;
import java.util.List;

/// The passes that make a float model ready to be planned.
public final class Preparation {
    private Preparation() {}

    /// As far as models are raised unless a recipe says otherwise: exported files may need that for their grids anyway.
    public static final long NEWEST_OPSET = 21;

    /// All of them. Constants come first, so that weights are known to the folding of batch normalizations; duplicates,
    /// identities and added biases before it, so that they do not stand between. Fusions come before what
    /// would fold parts of their patterns into weights.
    ///
    /// @param newestOpset how far an older model may be raised for an operator that a pass puts in
    public static PassSequence passes(long newestOpset) {
        return new PassSequence(List.of(
                new FoldConstants(),
                new RemoveIdentities(),
                new RemoveDuplicates(),
                new MergeTransposes(),
                new MergeReshapes(),
                new FuseActivations(newestOpset),
                new FuseNormalization(newestOpset),
                new FuseSoftmax(),
                new DuplicateSharedWeights(),
                new FoldPad(),
                new FuseGemm(),
                new FoldBiasAdd(),
                new FoldScale(),
                new FoldBatchNorm(),
                new ReplaceBatchNorm(),
                new RemoveUnused()));
    }

    /// Those that run only where a recipe asks for them: they serve some processors and cost accuracy.
    public static List<String> extras() {
        return List.of(ReplaceBatchNorm.NAME);
    }

    /// Those that run by default.
    public static PassSequence passes() {
        return chosen(List.of(), List.of(), NEWEST_OPSET);
    }

    /// All but those named in `skipped` and those [#extras()] that are not named in `extra`.
    public static PassSequence chosen(Collection<String> skipped, Collection<String> extra, long newestOpset) {
        return new PassSequence(passes(newestOpset).passes().stream()
                .filter(pass -> !skipped.contains(pass.name()))
                .filter(pass -> !extras().contains(pass.name()) || extra.contains(pass.name()))
                .toList());
    }

    /// The names of all, in the order in which they run.
    public static List<String> names() {
        return passes(NEWEST_OPSET).passes().stream().map(Pass::name).toList();
    }
}
