package ai.vernier.engine.op;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The activation functions of a recurrent layer. Each function that has parameters takes the next ones
/// of the lists activation_alpha and activation_beta, or its defaults where these have run out.
final class RecurrentActivations {
    private final NodeView node;
    private final double[] alphas;
    private final double[] betas;
    private int nextAlpha;
    private int nextBeta;

    private RecurrentActivations(NodeView node) {
        this.node = node;
        this.alphas = node.reals("activation_alpha");
        this.betas = node.reals("activation_beta");
    }

    /// The functions of all directions, one direction after another.
    static List<UnaryOperator<Tensor>> of(NodeView node, List<String> defaults, int directions) {
        List<String> names = names(node);
        RecurrentActivations activations = new RecurrentActivations(node);
        List<UnaryOperator<Tensor>> functions = new ArrayList<>();
        for (int i = 0; i < defaults.size() * directions; i++) {
            functions.add(activations.function(
                    names.isEmpty() ? defaults.get(i % defaults.size()) : names.get(i % names.size())));
        }
        return functions;
    }

    private static List<String> names(NodeView node) {
        return node.node().attributes().get("activations") instanceof Attribute.StringsValue(List<Bytes> values)
                ? values.stream().map(Bytes::text).toList()
                : List.of();
    }

    private UnaryOperator<Tensor> function(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "relu" -> torch::relu;
            case "tanh" -> torch::tanh;
            case "sigmoid" -> torch::sigmoid;
            case "softsign" -> x -> x.div(torch.abs(x).add(new Scalar(1)));
            case "softplus" -> torch::softplus;
            case "affine" -> affine(alpha(1), beta(0));
            case "leakyrelu" -> leakyRelu(alpha(0.01));
            case "thresholdedrelu" -> thresholdedRelu(alpha(1));
            case "scaledtanh" -> scaledTanh(alpha(1), beta(1));
            case "hardsigmoid" -> hardSigmoid(alpha(0.2), beta(0.5));
            case "elu" -> elu(alpha(1));
            default -> throw node.unsupported("with the activation function " + name);
        };
    }

    private double alpha(double otherwise) {
        return nextAlpha < alphas.length ? alphas[nextAlpha++] : otherwise;
    }

    private double beta(double otherwise) {
        return nextBeta < betas.length ? betas[nextBeta++] : otherwise;
    }

    private static UnaryOperator<Tensor> affine(double alpha, double beta) {
        return x -> x.mul(new Scalar(alpha)).add(new Scalar(beta));
    }

    private static UnaryOperator<Tensor> leakyRelu(double alpha) {
        return x -> torch.leaky_relu(x, new Scalar(alpha));
    }

    private static UnaryOperator<Tensor> thresholdedRelu(double alpha) {
        return x -> torch.where(x.gt(new Scalar(alpha)), x, new Scalar(0));
    }

    private static UnaryOperator<Tensor> scaledTanh(double alpha, double beta) {
        return x -> torch.tanh(x.mul(new Scalar(beta))).mul(new Scalar(alpha));
    }

    private static UnaryOperator<Tensor> hardSigmoid(double alpha, double beta) {
        return x -> torch.clamp(affine(alpha, beta).apply(x), ActivationOps.some(0), ActivationOps.some(1));
    }

    private static UnaryOperator<Tensor> elu(double alpha) {
        return x -> torch.elu(x, new Scalar(alpha), new Scalar(1), new Scalar(1));
    }
}
