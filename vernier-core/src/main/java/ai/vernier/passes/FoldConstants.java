package ai.vernier.passes;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UseLists;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Computes once what is the same in every run: `Constant` nodes become initializers, nodes that read only constants
/// become their results, and `Shape` of a value whose shape the file states becomes that shape.
///
/// An initializer that is also listed as a graph input counts as a constant: files of IR version 3 must list all of
/// them, and quantized weights cannot be overridden anyway. Random operators, (de)quantization and control
/// flow are left alone, and so is what would make the model much larger.
public final class FoldConstants implements Pass {
    private static final String NAME = "FoldConstants";
    /// A result may be this large whatever it is made from: shape arithmetic, position tables.
    private static final long FREE_BYTES = 1 << 20;

    /// All results together may have this size and [#GROWTH] times that of the model's constants: each may be made from
    /// the one before, or thousands from the same.
    private static final long ADDED_BYTES = 64 << 20;

    private static final int GROWTH = 4;

    /// Each is a model of its own in ONNX Runtime, which takes about a millisecond.
    private static final int MOST_EVALUATIONS = 5_000;

    /// Bytes that all evaluations together may read: some seconds.
    private static final long READ_BYTES = 2L << 30;

    private static final Set<String> LEFT_ALONE = Set.of(
            "RandomNormal",
            "RandomNormalLike",
            "RandomUniform",
            "RandomUniformLike",
            "Bernoulli",
            "Multinomial",
            "Dropout",
            "QuantizeLinear",
            "DequantizeLinear",
            "DynamicQuantizeLinear",
            // an equation that is none ends ONNX Runtime's whole process
            "Einsum",
            "If",
            "Loop",
            "Scan");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Folding(model, Ranks.of(model.graph()), Budget.of(model.graph()))).apply(model);
    }

    /// A node and what it computes, or why it is left alone.
    record Match(Node node, Map<String, TensorData> results, Optional<String> objection) {
        Match {
            results = Map.copyOf(results);
        }
    }

    /// What one run of the pass may still do.
    private static final class Budget {
        private long bytes;
        private long read = READ_BYTES;
        private int evaluations = MOST_EVALUATIONS;

        private Budget(long bytes) {
            this.bytes = bytes;
        }

        static Budget of(Graph graph) {
            long present = Stream.concat(
                            graph.initializers().values().stream(),
                            graph.nodes().stream()
                                    .filter(ConstantNode::isOne)
                                    .flatMap(node -> ConstantNode.value(node).stream()))
                    .mapToLong(TensorData::sizeBytes)
                    .sum();
            return new Budget(ADDED_BYTES + GROWTH * present);
        }

        /// Whether a node that reads so much and gives about `predicted` may be computed; it counts as computed then.
        boolean admits(double predicted, long readBytes) {
            boolean fits = evaluations > 0 && readBytes <= read && predicted <= bytes;
            if (fits) {
                evaluations--;
                read -= readBytes;
            }
            return fits;
        }
    }

    private record Folding(Model model, Ranks ranks, Budget budget) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            if (ConstantNode.isOne(node)) {
                return ConstantNode.value(node).map(value -> folded(node, value));
            }
            if (node.qualifiedType().equals("Shape")) {
                Optional<TensorData> shape = statedShape(node);
                if (shape.isPresent()) {
                    return shape.map(value -> folded(node, value));
                }
            }
            return isFoldable(node, graph) ? Optional.of(evaluated(node, graph)) : Optional.empty();
        }

        private static Match folded(Node node, TensorData value) {
            return new Match(node, Map.of(node.outputs().getFirst(), value), Optional.empty());
        }

        private Optional<TensorData> statedShape(Node node) {
            boolean whole = !node.attributes().containsKey("start")
                    && !node.attributes().containsKey("end");
            return ranks.of(node.inputs().getFirst())
                    .filter(shape -> whole && shape.isStatic())
                    .map(shape -> TensorData.ofLongs(shape.sizes(), shape.rank()));
        }

        private static boolean isFoldable(Node node, GraphEditor graph) {
            Set<String> read = UseLists.usedBy(node);
            return node.domain().isEmpty()
                    && !LEFT_ALONE.contains(node.opType())
                    && !read.isEmpty()
                    && read.size()
                            == Set.copyOf(node.inputs().stream()
                                            .filter(name -> !name.isEmpty())
                                            .toList())
                                    .size()
                    && read.stream().allMatch(name -> graph.constant(name).isPresent());
        }

        private Match evaluated(Node node, GraphEditor graph) {
            Map<String, TensorData> inputs = new LinkedHashMap<>();
            UseLists.usedBy(node)
                    .forEach(name -> inputs.put(name, graph.constant(name).orElseThrow()));
            long readBytes =
                    inputs.values().stream().mapToLong(TensorData::sizeBytes).sum();
            long limit = FREE_BYTES + 2 * readBytes;
            SingleNode single = new SingleNode(model, node, inputs);
            double predicted = single.predictedBytes();
            if (predicted > limit || !budget.admits(predicted, readBytes)) {
                return new Match(node, Map.of(), Optional.of(tooLarge(node)));
            }
            return single.evaluate()
                    .map(results -> checked(node, results, limit))
                    .orElseGet(() -> new Match(
                            node, Map.of(), Optional.of("%s could not be computed here".formatted(node.label()))));
        }

        private Match checked(Node node, Map<String, TensorData> results, long limit) {
            long bytes =
                    results.values().stream().mapToLong(TensorData::sizeBytes).sum();
            if (bytes > Math.min(limit, budget.bytes)) {
                return new Match(node, Map.of(), Optional.of(tooLarge(node)));
            }
            budget.bytes -= bytes;
            return new Match(node, results, Optional.empty());
        }

        private static String tooLarge(Node node) {
            return "%s: its constant result, or those of the model together, are much larger than what they are made from"
                    .formatted(node.label());
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            return match.objection.or(() -> match.node.outputs().stream()
                    .filter(graph::isGraphOutput)
                    .map("its output '%s' is a graph output"::formatted)
                    .findFirst());
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            graph.replaceByInitializers(match.node, match.results);
            return "became an initializer";
        }
    }
}
