package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes a depthwise convolution with a kernel of one of a batch normalization that could not be folded.
///
/// ```
/// BatchNormalization(x, γ, β, μ, σ²)   becomes   Conv(x, W, b, group = C)    W[c] = γ/σ',  b = β − μ·γ/σ'
/// ```
///
/// With a scale per channel the one weight of each channel is exact in eight bits, and the shift is added to the
/// accumulator; every integer processor has this operator. A product and a sum with constants would put the scales of
/// all channels on one grid.
///
/// One of the [Preparation#extras()]: a sum of products asks for a grid on what it reads, a batch normalization does
/// not, and on the residual sum of a transformer that grid costs accuracy.
public final class ReplaceBatchNorm implements Pass {
    static final String NAME = "ReplaceBatchNorm";
    /// Convolutions slide along one to three axes.
    private static final int LEAST_RANK = 3;

    private static final int MOST_RANK = 5;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Replacing(model.opset(), Ranks.of(model.graph()))).apply(model);
    }

    private record Replacing(long opset, Ranks ranks) implements Rule<Node> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Node> match(Node node, GraphEditor graph) {
            return Optional.of(node).filter(BatchNormalization::isOne);
        }

        @Override
        public Optional<String> objection(Node node, GraphEditor graph) {
            if (opset < 7) {
                return Optional.of("opset %d normalizes in training; 7 and newer are replaced".formatted(opset));
            }
            return BatchNormalization.objection(node, graph).or(() -> rankObjection(node));
        }

        private Optional<String> rankObjection(Node node) {
            Optional<Integer> rank = ranks.rank(node.inputs().getFirst())
                    .or(() -> ranks.rank(node.outputs().getFirst()));
            return rank.filter(axes -> axes >= LEAST_RANK && axes <= MOST_RANK).isPresent()
                    ? Optional.empty()
                    : Optional.of("%s has %s axes, and convolutions take three to five"
                            .formatted(node.label(), rank.map(String::valueOf).orElse("an unknown number of")));
        }

        @Override
        public String rewrite(Node node, GraphEditor graph) {
            BatchNormalization numbers = BatchNormalization.of(node, graph);
            int channels = numbers.channels();
            int rank = ranks.rank(node.inputs().getFirst())
                    .or(() -> ranks.rank(node.outputs().getFirst()))
                    .orElseThrow();
            long[] dims = new long[rank];
            Arrays.fill(dims, 1);
            dims[0] = channels;
            String hint = node.inputs().get(1);
            String weight = graph.addInitializer(hint + "_scale", narrowed(numbers.scale(), dims));
            String bias = graph.addInitializer(hint + "_shift", narrowed(numbers.shift(), channels));
            Map<String, Attribute> attributes = new LinkedHashMap<>();
            attributes.put("kernel_shape", Attribute.ofInts(Arrays.copyOfRange(dims, 2, rank)));
            attributes.put("group", Attribute.of((long) channels));
            List<String> inputs = List.of(node.inputs().getFirst(), weight, bias);
            List<String> outputs = node.outputs().subList(0, 1);
            graph.replace(node, new Node(node.name(), "Conv", "", "", inputs, outputs, attributes, node.details()));
            return "became a depthwise Conv of %d channels".formatted(channels);
        }

        private static TensorData narrowed(double[] values, long... dims) {
            float[] narrowed = new float[values.length];
            for (int i = 0; i < narrowed.length; i++) {
                narrowed[i] = (float) values[i];
            }
            return TensorData.ofFloats(narrowed, dims);
        }
    }
}
