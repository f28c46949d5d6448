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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes a Gemm of a product of matrices and a constant added to each of its rows, so that the constant becomes a bias
/// of the accumulator.
///
/// ```
/// MatMul(x, W) → Add(·, c)   becomes   Gemm(x, W, c)
/// ```
///
/// For matrices only: Gemm does not take the stacks of matrices that a transformer multiplies, whose plan fuses the
/// addition instead.
public final class FuseGemm implements Pass {
    private static final String NAME = "FuseGemm";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        return new RulePass<>(new Fusing(Ranks.of(model.graph()))).apply(model);
    }

    /// @param sum the output of `product`, one operand of `add`
    /// @param constant the other operand
    record Match(Node product, Node add, String sum, String constant) {}

    private record Fusing(Ranks ranks) implements Rule<Match> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Match> match(Node node, GraphEditor graph) {
            if (!node.qualifiedType().equals("Add")) {
                return Optional.empty();
            }
            String first = node.inputs().get(0);
            String second = node.inputs().get(1);
            return match(node, first, second, graph).or(() -> match(node, second, first, graph));
        }

        private static Optional<Match> match(Node add, String sum, String constant, GraphEditor graph) {
            return graph.producer(sum)
                    .filter(node -> node.qualifiedType().equals("MatMul"))
                    .filter(_ -> isFloat(constant, graph))
                    .map(product -> new Match(product, add, sum, constant));
        }

        private static boolean isFloat(String name, GraphEditor graph) {
            return graph.constant(name)
                    .filter(tensor -> tensor.dataType() == DataType.FLOAT)
                    .isPresent();
        }

        @Override
        public Optional<String> objection(Match match, GraphEditor graph) {
            Node product = match.product;
            Optional<TensorData> weight = graph.constant(product.inputs().get(1));
            if (weight.isEmpty()
                    || weight.get().rank() != 2
                    || weight.get().dataType() != DataType.FLOAT
                    || !ranks.isMatrixProduct(product)) {
                return Optional.of("%s is not known to multiply a matrix by a constant one".formatted(product.label()));
            }
            Optional<String> shared = graph.objectionToSharing(match.sum);
            if (shared.isPresent()) {
                return shared;
            }
            TensorData bias = graph.constant(match.constant).orElseThrow();
            long columns = weight.get().dim(1);
            boolean row =
                    bias.rank() <= 2 && bias.elementCount() == columns && (bias.rank() > 0 && bias.dim(-1) == columns);
            return row
                    ? Optional.empty()
                    : Optional.of("'%s' is %s, not one value for each of %d columns"
                            .formatted(match.constant, bias, columns));
        }

        @Override
        public String rewrite(Match match, GraphEditor graph) {
            TensorData bias = graph.constant(match.constant).orElseThrow();
            String name = bias.rank() == 1
                    ? match.constant
                    : graph.addInitializer(match.constant, bias.reshaped(bias.elementCount()));
            Node product = match.product;
            Node gemm = new Node(
                    product.name(),
                    "Gemm",
                    "",
                    "",
                    List.of(product.inputs().get(0), product.inputs().get(1), name),
                    match.add.outputs(),
                    Map.of(),
                    product.details());
            graph.remove(product);
            graph.replace(match.add, gemm);
            return "became a Gemm with " + product.label();
        }
    }
}
