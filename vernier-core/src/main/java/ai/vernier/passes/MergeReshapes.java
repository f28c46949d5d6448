package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.NodePair;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/// Makes one node of two in a row that give the same elements other dimensions (Reshape, Flatten, Squeeze, Unsqueeze),
/// or none where the second undoes the first.
///
/// ```
/// Reshape(s) → Reshape(t)       becomes   Reshape(t)
/// Squeeze(a) → Unsqueeze(a)     becomes   nothing
/// Reshape(s) → Flatten          becomes   Reshape(s[0], −1)
/// ```
///
/// A 0 in a shape stands for the extent that the input has there; it is followed through the first node.
public final class MergeReshapes implements Pass {
    private static final String NAME = "MergeReshapes";
    private static final Set<String> TYPES = Set.of("Reshape", "Flatten", "Squeeze", "Unsqueeze");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Merging()).apply(model);
    }

    private record Merging() implements Rule<NodePair> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<NodePair> match(Node node, GraphEditor graph) {
            return NodePair.endingAt(node, graph, Merging::changesDimensions, Merging::changesDimensions);
        }

        private static boolean changesDimensions(Node node) {
            return node.domain().isEmpty() && TYPES.contains(node.opType());
        }

        @Override
        public Optional<String> objection(NodePair match, GraphEditor graph) {
            if (isUndone(match, graph)) {
                return graph.objectionToBypass(match.result(), match.source());
            }
            return isOneFlatten(match, graph) || shape(match, graph).isPresent()
                    ? Optional.empty()
                    : Optional.of("the dimensions between %s and %s are not known well enough"
                            .formatted(match.first().label(), match.second().label()));
        }

        private static boolean isUndone(NodePair match, GraphEditor graph) {
            boolean opposite = are(match, "Squeeze", "Unsqueeze") || are(match, "Unsqueeze", "Squeeze");
            return opposite
                    && axes(match.first(), graph)
                            .filter(axes -> axes.length > 0) // without axes, Squeeze takes all of extent 1
                            .filter(axes -> Arrays.equals(
                                    axes, axes(match.second(), graph).orElse(new long[0])))
                            .isPresent();
        }

        private static boolean are(NodePair match, String first, String second) {
            return match.first().opType().equals(first)
                    && match.second().opType().equals(second);
        }

        /// Flatten keeps axis 0 alone, whatever became of the axes after it.
        private static boolean isOneFlatten(NodePair match, GraphEditor graph) {
            return match.second().opType().equals("Flatten")
                    && match.second().intAttribute("axis", 1) == 1
                    && keptAxes(match.first(), graph) >= 1;
        }

        /// How many leading axes `node` hands on as they are.
        private static long keptAxes(Node node, GraphEditor graph) {
            return switch (node.opType()) {
                case "Flatten" -> node.intAttribute("axis", 1) == 1 ? 1 : 0;
                case "Squeeze", "Unsqueeze" ->
                    axes(node, graph)
                            .flatMap(axes -> LongStream.of(axes).boxed().min(Long::compare))
                            .map(least -> Math.max(0, least))
                            .orElse(0L);
                default -> 0;
            };
        }

        private static Optional<long[]> axes(Node node, GraphEditor graph) {
            return node.intsAttribute("axes")
                    .or(() -> node.input(1).flatMap(graph::constant).flatMap(TensorData::integers));
        }

        /// The shape to which the source can be brought at once.
        private static Optional<long[]> shape(NodePair match, GraphEditor graph) {
            Optional<long[]> before = constantShape(match.first(), graph);
            return switch (match.second().opType()) {
                case "Reshape" ->
                    constantShape(match.second(), graph)
                            .flatMap(shape -> resolved(shape, match.first(), before, graph));
                case "Flatten" ->
                    before.filter(shape -> shape.length > 0
                                    && shape[0] != -1
                                    && match.second().intAttribute("axis", 1) == 1)
                            .map(shape -> new long[] {shape[0], -1});
                case "Squeeze" ->
                    before.flatMap(shape -> axes(match.second(), graph).flatMap(axes -> squeezed(shape, axes)));
                default ->
                    before.flatMap(shape -> axes(match.second(), graph).flatMap(axes -> unsqueezed(shape, axes)));
            };
        }

        private static Optional<long[]> constantShape(Node node, GraphEditor graph) {
            return node.opType().equals("Reshape") && node.intAttribute("allowzero", 0) == 0
                    ? node.input(1).flatMap(graph::constant).flatMap(TensorData::integers)
                    : Optional.empty();
        }

        /// `shape` with its zeros meaning extents of what `first` reads.
        private static Optional<long[]> resolved(long[] shape, Node first, Optional<long[]> before, GraphEditor graph) {
            long kept = keptAxes(first, graph);
            boolean open = LongStream.of(shape).anyMatch(extent -> extent == -1);
            long[] resolved = shape.clone();
            for (int i = 0; i < shape.length; i++) {
                if (shape[i] != 0 || i < kept) {
                    continue;
                }
                if (before.isEmpty() || i >= before.get().length || (before.get()[i] == -1 && open)) {
                    return Optional.empty();
                }
                resolved[i] = before.get()[i];
                open |= resolved[i] == -1;
            }
            return Optional.of(resolved);
        }

        private static Optional<long[]> squeezed(long[] shape, long[] axes) {
            boolean[] gone = new boolean[shape.length];
            for (long axis : axes) {
                int at = (int) (axis < 0 ? axis + shape.length : axis);
                if (at < 0 || at >= shape.length || shape[at] != 1) {
                    return Optional.empty();
                }
                gone[at] = true;
            }
            long[] kept = LongStream.range(0, shape.length)
                    .filter(i -> !gone[(int) i])
                    .map(i -> shape[(int) i])
                    .toArray();
            return zerosStay(shape, kept) ? Optional.of(kept) : Optional.empty();
        }

        private static Optional<long[]> unsqueezed(long[] shape, long[] axes) {
            long[] out = new long[shape.length + axes.length];
            Arrays.fill(out, Long.MIN_VALUE);
            for (long axis : axes) {
                int at = (int) (axis < 0 ? axis + out.length : axis);
                if (at < 0 || at >= out.length) {
                    return Optional.empty();
                }
                out[at] = 1;
            }
            int next = 0;
            for (int i = 0; i < out.length && next < shape.length; i++) {
                out[i] = out[i] == 1 ? 1 : shape[next++];
            }
            return next == shape.length && zerosStay(shape, out) ? Optional.of(out) : Optional.empty();
        }

        /// A 0 counts by position, so it must not have moved.
        private static boolean zerosStay(long[] before, long[] after) {
            for (int i = 0; i < Math.max(before.length, after.length); i++) {
                boolean was = i < before.length && before[i] == 0;
                boolean is = i < after.length && after[i] == 0;
                if (was != is) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public String rewrite(NodePair match, GraphEditor graph) {
            if (isUndone(match, graph)) {
                graph.bypass(match.second(), match.result(), match.source());
                return "undoes " + match.first().label();
            }
            if (isOneFlatten(match, graph)) {
                graph.replace(match.second(), match.second().withInputs(List.of(match.source())));
                return "reads past " + match.first().label();
            }
            long[] shape = shape(match, graph).orElseThrow();
            String name = graph.addInitializer(match.result() + "_shape", TensorData.ofLongs(shape, shape.length));
            graph.replace(match.second(), reshape(match, name));
            return "merged with %s into shape %s".formatted(match.first().label(), Arrays.toString(shape));
        }

        private static Node reshape(NodePair match, String shape) {
            Map<String, Attribute> none = Map.of();
            Node old = match.second();
            return new Node(
                    old.name(), "Reshape", "", "", List.of(match.source(), shape), old.outputs(), none, old.details());
        }
    }
}
