package ai.vernier.passes;

import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassSequence;
import ai.vernier.settings.Nearest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Which passes make a float model ready to be planned: all but the skipped ones, of those that run only where they are
/// asked for the extra ones.
///
/// @param skipped names from [#names()]
/// @param extra names from [#extras()]
/// @param newestOpset how far an older model may be raised for an operator that a pass puts in
public record Preparation(List<String> skipped, List<String> extra, long newestOpset) {
    /// What runs unless a recipe says otherwise. The opset is one that exported files may need for their grids anyway.
    public static final Preparation STANDARD = new Preparation(List.of(), List.of(), 21);

    public Preparation {
        skipped = List.copyOf(skipped);
        extra = List.copyOf(extra);
    }

    /// The names of all, in the order in which they run.
    public static List<String> names() {
        return STANDARD.all().map(Pass::name).toList();
    }

    /// Those that run only where a recipe asks for them: they serve some processors and cost accuracy.
    public static List<String> extras() {
        return List.of(ReplaceBatchNorm.NAME);
    }

    /// What is wrong with `name` as one of `known`, which is [#names()] or [#extras()].
    public static Optional<String> nameProblem(String name, List<String> known) {
        return known.contains(name)
                ? Optional.empty()
                : Optional.of("found '%s', expected one of %s%s"
                        .formatted(name, String.join(", ", known), Nearest.hint(name, known)));
    }

    /// This choice without the pass `name`.
    ///
    /// @throws InvalidInputException where there is no such pass
    public Preparation without(String name) {
        require(name, names());
        return new Preparation(extended(skipped, name), extra, newestOpset);
    }

    /// This choice with the pass `name`, which runs only where it is asked for.
    ///
    /// @throws InvalidInputException where there is no such pass
    public Preparation withExtra(String name) {
        require(name, extras());
        return new Preparation(skipped, extended(extra, name), newestOpset);
    }

    public Preparation withNewestOpset(long changed) {
        return new Preparation(skipped, extra, changed);
    }

    /// The chosen passes in their order.
    public PassSequence passes() {
        return new PassSequence(all().filter(pass -> !skipped.contains(pass.name()))
                .filter(pass -> !extras().contains(pass.name()) || extra.contains(pass.name()))
                .toList());
    }

    /// Constants come first, so that weights are known to the folding of batch normalizations; duplicates, identities
    /// and added biases before it, so that they do not stand between. Fusions come before what would fold parts of
    /// their patterns into weights.
    private Stream<Pass> all() {
        return Stream.of(
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
                new RemoveUnused());
    }

    private static void require(String name, List<String> known) {
        nameProblem(name, known).ifPresent(problem -> {
            throw new InvalidInputException("pass: " + problem);
        });
    }

    private static List<String> extended(List<String> names, String name) {
        return Stream.concat(names.stream(), Stream.of(name)).toList();
    }
}
