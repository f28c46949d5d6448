package ai.vernier.simulate;

import ai.vernier.data.Difference;
import ai.vernier.engine.ValueHook;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Moves the twins to their grids and compares each with its original, of which it keeps a copy from one node to the
/// next.
final class TwinHook implements ValueHook, AutoCloseable {
    private final Set<String> compared;
    private final Map<String, ToGrid> grids;
    private final Map<String, Tensor> waiting = new HashMap<>();
    private final Map<String, Difference> differences = new LinkedHashMap<>();

    TwinHook(Set<String> compared, Map<String, ToGrid> grids) {
        this.compared = compared;
        this.grids = grids;
    }

    /// What was found so far, in the order of computation.
    Map<String, Difference> differences() {
        return Collections.unmodifiableMap(differences);
    }

    @Override
    public boolean wants(String value) {
        return grids.containsKey(value) || compared.contains(TwinGraph.original(value));
    }

    @Override
    public Tensor apply(String value, Tensor tensor) {
        ToGrid grid = grids.get(value);
        Tensor moved = grid == null ? tensor : grid.apply(tensor);
        String original = TwinGraph.original(value);
        if (!compared.contains(original) || moved.scalar_type().intern() != torch.ScalarType.Float) {
            return moved;
        }
        if (TwinGraph.isTwin(value)) {
            compare(original, moved);
        } else {
            Tensor copy = tensor.clone();
            copy.retainReference();
            waiting.put(value, copy);
        }
        return moved;
    }

    private void compare(String value, Tensor simulated) {
        Tensor expected = waiting.remove(value);
        if (expected == null) {
            throw new IllegalStateException("'" + value + "' was computed before its original");
        }
        try (expected) {
            Tensor error = expected.sub(simulated);
            Difference difference = new Difference(
                    simulated.numel(),
                    sum(expected.square()),
                    sum(simulated.square()),
                    sum(expected.mul(simulated)),
                    sum(error.square()),
                    sum(error.abs()),
                    simulated.numel() == 0 ? 0 : error.abs().max().item_double());
            differences.merge(value, difference, Difference::merge);
        }
    }

    private static double sum(Tensor tensor) {
        return tensor.sum(new ScalarTypeOptional(torch.ScalarType.Double)).item_double();
    }

    @Override
    public void close() {
        waiting.values().forEach(Tensor::close);
        waiting.clear();
    }
}
