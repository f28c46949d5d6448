package ai.vernier.analyze;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What is known of the values of one graph without running it: their extents, and the elements of small integer
/// tensors, which shapes are computed from. A sub-graph sees the facts of the graphs around it.
final class ValueFacts {
    /// An extent that is not known.
    static final long OPEN = -1;

    /// An element that is not known.
    static final long UNKNOWN = Long.MIN_VALUE;

    /// Longer tensors are no shapes.
    static final int MAX_ELEMENTS = 1024;

    /// Sub-graphs below this depth are not looked into: states that change shape double the work at each level.
    private static final int MAX_DEPTH = 8;

    private final @Nullable ValueFacts outer;
    private final int depth;
    private final Set<String> own = new HashSet<>();
    private final Map<String, long[]> shapes = new HashMap<>();
    private final Map<String, long[]> elements = new HashMap<>();
    private final Map<String, TensorData> constants = new HashMap<>();
    private final IdentityHashMap<Graph, ValueFacts> inner = new IdentityHashMap<>();

    ValueFacts(Graph graph, @Nullable ValueFacts outer) {
        this.outer = outer;
        this.depth = outer == null ? 0 : outer.depth + 1;
        if (depth > MAX_DEPTH) {
            throw new Undetermined();
        }
        graph.inputs().forEach(input -> own.add(input.name()));
        own.addAll(graph.initializers().keySet());
        graph.nodes().forEach(node -> own.addAll(node.outputs()));
    }

    /// The extents of `value`, −1 where one is open; empty where not even the rank is known.
    Optional<long[]> shape(String value) {
        return find(value, facts -> facts.shapes).map(long[]::clone);
    }

    /// The elements of a small integer tensor in row-major order, [#UNKNOWN] where one is not known.
    Optional<long[]> elements(String value) {
        Optional<long[]> found = find(value, facts -> facts.elements);
        return found.isPresent()
                ? found
                : constant(value)
                        .filter(tensor -> tensor.dataType().isInteger() && tensor.elementCount() <= MAX_ELEMENTS)
                        .map(TensorData::toLongs);
    }

    Optional<TensorData> constant(String value) {
        return find(value, facts -> facts.constants);
    }

    private <T> Optional<T> find(String value, Function<ValueFacts, Map<String, T>> facts) {
        T found = facts.apply(this).get(value);
        return found != null || outer == null || own.contains(value)
                ? Optional.ofNullable(found)
                : outer.find(value, facts);
    }

    void setConstant(String value, TensorData tensor) {
        constants.put(value, tensor);
        shapes.put(value, tensor.dims());
    }

    /// Notes extents that follow from the graph; what they leave open is kept from what the file states.
    void setShape(String value, long[] extents) {
        if (!value.isEmpty()) {
            shapes.merge(value, extents.clone(), ValueFacts::better);
        }
    }

    /// Notes extents that the file states, unless something is known already.
    void setStatedShape(String value, long[] extents) {
        shapes.putIfAbsent(value, extents);
    }

    void setElements(String value, long[] found) {
        if (found.length <= MAX_ELEMENTS) {
            elements.put(value, found);
        }
    }

    private static long[] better(long[] stated, long[] inferred) {
        if (stated.length != inferred.length) {
            return inferred;
        }
        long[] merged = inferred.clone();
        for (int i = 0; i < merged.length; i++) {
            merged[i] = merged[i] < 0 ? stated[i] : merged[i];
        }
        return merged;
    }

    /// Keeps the facts of a sub-graph that inference has been through.
    void setInside(Graph graph, ValueFacts facts) {
        inner.put(graph, facts);
    }

    /// The facts of a sub-graph; empty where inference has not been through it.
    Optional<ValueFacts> inside(Graph graph) {
        return Optional.ofNullable(inner.get(graph));
    }

    /// Product of all extents; empty where one is open or the product exceeds a long.
    static Optional<Long> product(long[] extents) {
        try {
            return Arrays.stream(extents).anyMatch(extent -> extent < 0)
                    ? Optional.empty()
                    : Optional.of(Arrays.stream(extents).reduce(1, Math::multiplyExact));
        } catch (ArithmeticException _) {
            return Optional.empty();
        }
    }
}
