package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
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
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// Folds padding with zeros into the convolution or average pooling that reads it.
///
/// ```
/// Pad(x, [0,0,1,1, 0,0,1,1]) → Conv(pads = [0,0,0,0])   becomes   Conv(pads = [1,1,1,1])
/// ```
///
/// An average counts the zeros of a Pad, so AveragePool gets `count_include_pad = 1`, and must not have padding of its
/// own that it leaves out, nor windows beyond the edge (`ceil_mode`). MaxPool pads with −∞.
public final class FoldPad implements Pass {
    private static final String NAME = "FoldPad";
    private static final Set<String> READERS = Set.of("Conv", "AveragePool", "MaxPool");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Folding(Ranks.of(model.graph()))).apply(model);
    }

    private record Folding(Ranks ranks) implements Rule<NodePair> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<NodePair> match(Node node, GraphEditor graph) {
            return NodePair.endingAt(
                    node,
                    graph,
                    pad -> pad.qualifiedType().equals("Pad"),
                    reader -> READERS.contains(reader.qualifiedType()));
        }

        @Override
        public Optional<String> objection(NodePair match, GraphEditor graph) {
            return padObjection(match.first(), graph)
                    .or(() -> readerObjection(match))
                    .or(() -> sizeObjection(match, graph))
                    .or(() -> graph.objectionToSharing(match.between()));
        }

        private Optional<String> padObjection(Node pad, GraphEditor graph) {
            Optional<long[]> pads = pads(pad, graph);
            if (!pad.stringAttribute("mode", "constant").equals("constant") || !isZero(pad, graph)) {
                return Optional.of("%s does not pad with zeros".formatted(pad.label()));
            }
            if (pads.isEmpty() || pads.get().length < 6) {
                return Optional.of(
                        "%s: its pads are no constants for axes beyond batch and channels".formatted(pad.label()));
            }
            int rank = pads.get().length / 2;
            boolean spatial = pads.get()[0] == 0
                    && pads.get()[1] == 0
                    && pads.get()[rank] == 0
                    && pads.get()[rank + 1] == 0
                    && Arrays.stream(pads.get()).allMatch(size -> size >= 0);
            return spatial
                    ? Optional.empty()
                    : Optional.of("%s crops, or pads batch or channels".formatted(pad.label()));
        }

        /// Amounts for all axes; where the node names axes, the others get none.
        private Optional<long[]> pads(Node pad, GraphEditor graph) {
            Optional<long[]> given = pad.intsAttribute("pads")
                    .or(() -> pad.input(1).flatMap(graph::constant).flatMap(TensorData::integers));
            if (pad.input(3).isEmpty() || given.isEmpty()) {
                return given;
            }
            Optional<long[]> axes = pad.input(3).flatMap(graph::constant).flatMap(TensorData::integers);
            Optional<Integer> rank = ranks.rank(pad.inputs().getFirst());
            return axes.isPresent() && rank.isPresent()
                    ? spread(given.get(), axes.get(), rank.get())
                    : Optional.empty();
        }

        private static Optional<long[]> spread(long[] pads, long[] axes, int rank) {
            long[] all = new long[2 * rank];
            if (pads.length != 2 * axes.length) {
                return Optional.empty();
            }
            for (int i = 0; i < axes.length; i++) {
                long axis = axes[i] < 0 ? axes[i] + rank : axes[i];
                if (axis < 0 || axis >= rank) {
                    return Optional.empty();
                }
                all[(int) axis] = pads[i];
                all[(int) axis + rank] = pads[i + axes.length];
            }
            return Optional.of(all);
        }

        private static boolean isZero(Node pad, GraphEditor graph) {
            return pad.floatAttribute("value", 0) == 0
                    && (pad.input(2).isEmpty()
                            || pad.input(2)
                                    .flatMap(graph::constant)
                                    .filter(value -> value.dataType() == DataType.FLOAT
                                            && value.elementCount() == 1
                                            && value.floatAt(0) == 0)
                                    .isPresent());
        }

        private static Optional<String> readerObjection(NodePair match) {
            Node reader = match.second();
            String label = reader.label();
            if (reader.opType().equals("MaxPool")) {
                return Optional.of("%s pads with −∞, not with zeros".formatted(label));
            }
            String auto = reader.stringAttribute("auto_pad", "NOTSET");
            if (!auto.equals("NOTSET") && !auto.equals("VALID")) {
                return Optional.of("%s chooses its padding by itself (%s)".formatted(label, auto));
            }
            if (reader.opType().equals("Conv")) {
                return Optional.empty();
            }
            boolean ownPads = reader.intsAttribute("pads")
                    .filter(pads -> Arrays.stream(pads).anyMatch(size -> size != 0))
                    .isPresent();
            if (ownPads && reader.intAttribute("count_include_pad", 0) == 0) {
                return Optional.of("%s does not count padding of its own".formatted(label));
            }
            return reader.intAttribute("ceil_mode", 0) != 0
                    ? Optional.of("%s may have windows beyond the edge".formatted(label))
                    : Optional.empty();
        }

        /// Pooling windows must reach beyond their padding.
        private Optional<String> sizeObjection(NodePair match, GraphEditor graph) {
            Node reader = match.second();
            Optional<long[]> own = reader.intsAttribute("pads");
            int spatial = pads(match.first(), graph).orElseThrow().length / 2 - 2;
            if (own.isPresent() && own.get().length != 2 * spatial) {
                return Optional.of("%s has other axes than its pads".formatted(reader.label()));
            }
            long[] sum = sum(match, graph);
            long[] kernel = reader.intsAttribute("kernel_shape").orElseGet(() -> new long[0]);
            boolean within = reader.opType().equals("Conv")
                    || (kernel.length == spatial
                            && IntStream.range(0, sum.length).allMatch(i -> sum[i] < kernel[i % spatial]));
            return within
                    ? Optional.empty()
                    : Optional.of("%s would have windows of padding alone".formatted(reader.label()));
        }

        /// What the reader would have as pads; with `VALID` its own do not count.
        private long[] sum(NodePair match, GraphEditor graph) {
            long[] outer = pads(match.first(), graph).orElseThrow();
            int spatial = outer.length / 2 - 2;
            boolean valid = match.second().stringAttribute("auto_pad", "NOTSET").equals("VALID");
            long[] sum =
                    match.second().intsAttribute("pads").filter(_ -> !valid).orElseGet(() -> new long[2 * spatial]);
            for (int i = 0; i < spatial; i++) {
                sum[i] += outer[2 + i];
                sum[spatial + i] += outer[spatial + 4 + i];
            }
            return sum;
        }

        @Override
        public String rewrite(NodePair match, GraphEditor graph) {
            long[] sum = sum(match, graph);
            Node changed = match.second()
                    .withAttribute("pads", Attribute.ofInts(sum))
                    .withAttribute("auto_pad", Attribute.of("NOTSET"));
            if (changed.opType().equals("AveragePool")) {
                changed = changed.withAttribute("count_include_pad", Attribute.of(1L));
            }
            graph.replace(match.second(), changed);
            graph.bypass(match.first(), match.between(), match.source());
            return "took over the padding of %s: %s".formatted(match.first().label(), Arrays.toString(sum));
        }
    }
}
