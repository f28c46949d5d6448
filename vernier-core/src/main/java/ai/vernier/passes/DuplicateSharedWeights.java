package ai.vernier.passes;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/// Gives a sum of products its own copy of a weight or bias that others read too, where sharing stands in the way.
///
/// ```
/// Conv(x, W, b) → BatchNormalization,  Conv(y, W, b)
///     becomes   Conv(x, W, b_1) → BatchNormalization,  Conv(y, W_1, b)
/// ```
///
/// A bias lies on the grid of one accumulator, so each reader needs its own. A weight is copied only where an operator
/// that could be folded into it follows, and where it is small.
public final class DuplicateSharedWeights implements Pass {
    private static final String NAME = "DuplicateSharedWeights";
    /// Copies of larger weights would be felt in the size of the model.
    private static final long LARGEST_BYTES = 4 << 20;

    /// All copies together may double the model, or have this size: thousands of nodes may share one weight.
    private static final long COPIED_BYTES = 64 << 20;

    private static final Set<String> WITH_BIAS = Set.of("Conv", "ConvTranspose", "Gemm");
    private static final Set<String> FOLDED = Set.of("BatchNormalization", "Mul", "Div", "Add", "Sub");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        long present = model.graph().initializers().values().stream()
                .mapToLong(TensorData::sizeBytes)
                .sum();
        AtomicLong left = new AtomicLong(Math.max(COPIED_BYTES, present));
        PassResult biases = new RulePass<>(new Copying(2, left)).apply(model);
        PassResult weights = new RulePass<>(new Copying(1, left)).apply(biases.model());
        return new PassResult(weights.model(), biases.log().plus(weights.log()));
    }

    /// @param parameter a float initializer that `node` and others read
    record Match(Node node, String parameter) {}

    /// @param index which input: 1 for weights, 2 for biases
    /// @param left bytes that may still be copied
    private record Copying(int index, AtomicLong left) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            boolean hasParameter = index == 2
                    ? node.domain().isEmpty() && WITH_BIAS.contains(node.opType())
                    : WeightedNode.isWeighted(node) && isFollowedByFoldable(node, graph);
            return (hasParameter ? node.input(index) : Optional.<String>empty())
                    .filter(name -> graph.initializer(name)
                            .filter(tensor -> tensor.dataType() == DataType.FLOAT)
                            .isPresent())
                    .filter(name -> graph.consumers(name).size() > 1)
                    .map(name -> new Match(node, name));
        }

        private static boolean isFollowedByFoldable(Node node, GraphEditor graph) {
            String output = node.outputs().getFirst();
            return graph.soleConsumer(output)
                    .filter(next -> next.domain().isEmpty() && FOLDED.contains(next.opType()))
                    .filter(next -> next.inputs().stream()
                            .allMatch(input -> input.equals(output) || isPerChannel(input, node, graph)))
                    .isPresent();
        }

        /// A rough check: not more values than the longest axis of the weight.
        private static boolean isPerChannel(String constant, Node weighted, GraphEditor graph) {
            long longest = graph.constant(weighted.inputs().get(1))
                    .map(weight -> LongStream.of(weight.dims()).max().orElse(1))
                    .orElse(1L);
            return graph.constant(constant)
                    .filter(tensor -> tensor.elementCount() <= longest)
                    .isPresent();
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            TensorData tensor = graph.initializer(match.parameter).orElseThrow();
            return tensor.sizeBytes() <= Math.min(LARGEST_BYTES, left.get())
                    ? Optional.empty()
                    : Optional.of("'%s' is shared and too large to be copied: %s".formatted(match.parameter, tensor));
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            TensorData tensor = graph.initializer(match.parameter).orElseThrow();
            left.addAndGet(-tensor.sizeBytes());
            String copy = graph.addInitializer(match.parameter, tensor);
            List<String> inputs = new ArrayList<>(match.node.inputs());
            inputs.set(index, copy);
            graph.replace(match.node, match.node.withInputs(inputs));
            return "reads its own copy '%s' of '%s'".formatted(copy, match.parameter);
        }
    }
}
