package ai.vernier.analyze;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.UseLists;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The memory of activations where each is freed after its last use, node by node in the model's order: an executor
/// that fuses nodes needs less, one that keeps more alive or works in scratch buffers needs more.
///
/// Inputs and outputs count; constants, which are weights, and what follows from them alone do not; results that only
/// rename or reshape their input share its memory. A sub-graph counts while its node runs, one iteration at a time.
///
/// @param peakBytes the most that is alive at one step
/// @param peakNode label of that step; empty where no node computes anything
/// @param peakStep which node of the graph it is, from 1 on; 0 where there is none
/// @param unknown values whose size the model does not determine, which count as nothing
public record ActivationMemory(long peakBytes, String peakNode, int peakStep, List<String> unknown) {
    public ActivationMemory {
        unknown = List.copyOf(unknown);
    }

    static ActivationMemory of(Graph graph, ValueFacts facts) {
        return new Walk(graph, facts, ElementTypes.of(graph), null).peak();
    }

    /// One pass over a graph.
    private static final class Walk {
        private final Graph graph;
        private final ValueFacts facts;
        private final ElementTypes types;
        private final @Nullable Walk outer;
        private final Set<String> constants = new HashSet<>();
        private final Map<String, String> roots = new HashMap<>();
        private final Map<String, Integer> lastUses = new HashMap<>();
        private final Map<String, Long> alive = new HashMap<>();
        private final Set<String> unknown = new LinkedHashSet<>();
        private long aliveBytes;

        private Walk(Graph graph, ValueFacts facts, ElementTypes types, @Nullable Walk outer) {
            this.outer = outer;
            this.graph = graph;
            this.facts = facts;
            this.types = types;
        }

        private ActivationMemory peak() {
            findLastUses();
            graph.requiredInputs().forEach(input -> hold(input.name()));
            long peak = aliveBytes;
            int step = 0;
            for (int i = 0; i < graph.nodes().size(); i++) {
                Node node = graph.nodes().get(i);
                if (isFolded(node)) {
                    constants.addAll(node.outputs());
                }
                node.outputs().forEach(this::hold);
                long now = saturated(aliveBytes, inside(node));
                if (now > peak || step == 0) {
                    peak = Math.max(now, peak);
                    step = i + 1;
                }
                release(node, i);
            }
            String label = step == 0 ? "" : graph.nodes().get(step - 1).label();
            return new ActivationMemory(peak, label, step, new ArrayList<>(unknown));
        }

        private void findLastUses() {
            for (int i = 0; i < graph.nodes().size(); i++) {
                Node node = graph.nodes().get(i);
                Optional<String> source = node.input(0).filter(_ -> PointwiseShapes.isView(node.qualifiedType()));
                if (source.isPresent() && !node.outputs().isEmpty()) {
                    roots.put(node.outputs().getFirst(), root(source.get()));
                }
                for (String used : UseLists.usedBy(node)) {
                    lastUses.put(root(used), i);
                }
            }
            for (Value output : graph.outputs()) {
                lastUses.put(root(output.name()), graph.nodes().size());
            }
        }

        /// Whether a node follows from constants alone, so that it is computed once, beforehand.
        private boolean isFolded(Node node) {
            boolean isRandom = node.opType().startsWith("Random");
            return !isRandom && UseLists.usedBy(node).stream().allMatch(this::isConstant);
        }

        private boolean isConstant(String value) {
            return constants.contains(value)
                    || facts.constant(value).isPresent()
                    || (outer != null && outer.isConstant(value));
        }

        private String root(String value) {
            return roots.getOrDefault(value, value);
        }

        private void hold(String value) {
            if (value.isEmpty() || isConstant(value) || !root(value).equals(value)) {
                return;
            }
            long bytes = sizeBytes(value);
            if (alive.putIfAbsent(value, bytes) == null) {
                aliveBytes = saturated(aliveBytes, bytes);
            }
        }

        private long sizeBytes(String value) {
            Optional<Long> elements = facts.shape(value).flatMap(ValueFacts::product);
            Optional<Integer> bits = types.of(value).map(type -> type.bits());
            if (elements.isEmpty() || bits.isEmpty()) {
                unknown.add(value);
                return 0;
            }
            return elements.get() > Long.MAX_VALUE / 64 ? Long.MAX_VALUE : Math.ceilDiv(elements.get() * bits.get(), 8);
        }

        private static long saturated(long a, long b) {
            return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
        }

        /// What the sub-graphs of a node hold at most; only one branch of an If runs.
        private long inside(Node node) {
            long most = 0;
            for (Attribute attribute : node.attributes().values()) {
                if (attribute instanceof Attribute.GraphValue(Graph inner)) {
                    Optional<ValueFacts> known = facts.inside(inner);
                    if (known.isPresent()) {
                        ActivationMemory memory = new Walk(inner, known.get(), types.inside(inner), this).peak();
                        unknown.addAll(memory.unknown);
                        most = Math.max(most, memory.peakBytes);
                    }
                }
            }
            return most;
        }

        /// Frees what the node at `step` was the last to use, or nobody uses.
        private void release(Node node, int step) {
            Set<String> candidates = new LinkedHashSet<>();
            UseLists.usedBy(node).forEach(used -> candidates.add(root(used)));
            node.outputs().forEach(output -> candidates.add(root(output)));
            for (String value : candidates) {
                if (lastUses.getOrDefault(value, -1) <= step) {
                    Long freed = alive.remove(value);
                    aliveBytes -= freed == null ? 0 : freed;
                }
            }
        }
    }
}
