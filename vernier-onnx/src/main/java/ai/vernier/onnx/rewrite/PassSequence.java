package ai.vernier.onnx.rewrite;

import ai.vernier.onnx.Model;
import java.util.List;
import java.util.stream.Collectors;

/// Passes one after another.
public record PassSequence(List<Pass> passes) implements Pass {
    public PassSequence {
        passes = List.copyOf(passes);
    }

    public static PassSequence of(Pass... passes) {
        return new PassSequence(List.of(passes));
    }

    @Override
    public String name() {
        return passes.stream().map(Pass::name).collect(Collectors.joining(", "));
    }

    @Override
    public PassResult apply(Model model) {
        PassResult soFar = new PassResult(model, PassLog.EMPTY);
        for (Pass pass : passes) {
            PassResult next = pass.apply(soFar.model());
            soFar = new PassResult(next.model(), soFar.log().plus(next.log()));
        }
        return soFar;
    }
}
