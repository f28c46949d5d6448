package ai.vernier.engine.op;

import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// ONNX Runtime's own float operators (domain com.microsoft): what its exporters and its optimizer make
/// of several standard ones.
final class ContribOps {
    private static final String DOMAIN = "com.microsoft.";

    /// Their normalizations add so much less than the standard ones.
    private static final double EPSILON = 1e-12;

    private ContribOps() {}

    static void register(OpTable ops) {
        ops.add(DOMAIN + "Gelu", 1, (_, in) -> torch.gelu(in.at(0)));
        ops.add(DOMAIN + "BiasGelu", 1, (_, in) -> torch.gelu(in.at(0).add(in.at(1))));
        ops.add(DOMAIN + "FastGelu", 1, (_, in) -> torch.gelu(plus(in.at(0), in.orNull(1)), "tanh"));
        ops.add(DOMAIN + "QuickGelu", 1, (node, in) -> ActivationOps.swish(in.at(0), node.real("alpha", 1.702)));
        ops.add(DOMAIN + "BiasAdd", 1, (_, in) -> in.at(0).add(in.at(1)).add(in.at(2)));
        ops.bind(DOMAIN + "FusedConv", 1, ContribOps::fusedConvolution);
        ops.add(DOMAIN + "FusedMatMul", 1, ContribOps::fusedMatMul);
        ops.add(DOMAIN + "FusedGemm", 1, ContribOps::fusedGemm);
        ops.add(DOMAIN + "Inverse", 1, (_, in) -> torch.linalg_inv(in.at(0)));
        ops.bind(DOMAIN + "MatMulNBits", 1, MatMulNBits::new);
        ops.addMany("SimplifiedLayerNormalization", 1, NormalizationOps::rmsNormalization);
        ops.addMany(DOMAIN + "SkipLayerNormalization", 1, (node, in) -> {
            Tensor sum = plus(in.at(0).add(in.at(1)), in.orNull(4));
            return skipNormalized(node, sum, in, in.orNull(3));
        });
        ops.addMany(DOMAIN + "SkipSimplifiedLayerNormalization", 1, (node, in) -> {
            Tensor sum = plus(in.at(0).add(in.at(1)), in.orNull(3));
            Tensor wide = NormalizationOps.wide(sum);
            Tensor square = NormalizationOps.lastMean(wide.mul(wide));
            Tensor inverse = torch.rsqrt(square.add(new Scalar(node.real("epsilon", EPSILON))));
            Tensor y = wide.mul(inverse).to(sum.scalar_type()).mul(in.at(2));
            return new Tensor[] {y, torch.zeros_like(inverse), inverse, sum};
        });
        ops.addMany(DOMAIN + "EmbedLayerNormalization", 1, ContribOps::embedded);
    }

    private static Tensor plus(Tensor x, @Nullable Tensor other) {
        return other == null ? x : x.add(other);
    }

    /// Outputs: y, mean, 1 / √(var + ε), the sum that was normalized.
    private static Tensor[] skipNormalized(NodeView node, Tensor sum, Inputs in, @Nullable Tensor bias) {
        long[] last = {-1};
        double epsilon = node.real("epsilon", EPSILON);
        Tensor[] parts = NormalizationOps.standardized(NormalizationOps.wide(sum), last, epsilon);
        Tensor y = plus(parts[0].to(sum.scalar_type()).mul(in.at(2)), bias);
        return new Tensor[] {y, parts[1], parts[2], sum};
    }

    /// Inputs: word ids, segment ids, word, position and segment embeddings, scale, bias, mask,
    /// positions. Outputs: the normalized sum of the embeddings, how many words the mask keeps of each
    /// sample, the sum itself.
    private static Tensor[] embedded(NodeView node, Inputs in) {
        Tensor ids = in.at(0);
        Tensor sum = torch.embedding(in.at(2), ids.to(ScalarType.Long));
        Tensor positions = in.has(8)
                ? torch.embedding(in.at(3), in.at(8).to(ScalarType.Long))
                : in.at(3).narrow(0, 0, ids.size(1));
        sum = sum.add(positions);
        if (in.has(1)) {
            sum = sum.add(torch.embedding(in.at(4), in.at(1).to(ScalarType.Long)));
        }
        double epsilon = node.real("epsilon", EPSILON);
        Tensor y = NormalizationOps.standardized(sum, new long[] {-1}, epsilon)[0]
                .mul(in.at(5))
                .add(in.at(6));
        Tensor kept = in.has(7)
                ? torch.sum(in.at(7), new long[] {1}).to(ScalarType.Int)
                : torch.zeros(new long[] {ids.size(0)}, ids.options());
        return new Tensor[] {y, kept, sum};
    }

    /// Inputs: x, W, b, a sum to join before the activation.
    private static BoundOp fusedConvolution(NodeView node) {
        double[] parameters = node.reals("activation_params");
        String name = node.text("activation", "");
        Activation activation = switch (name) {
            case "", "HardSigmoid" -> new Activation.None();
            case "Relu" -> new Activation.Relu();
            case "Tanh" -> new Activation.Tanh();
            case "Sigmoid" -> new Activation.Sigmoid();
            case "LeakyRelu" -> new Activation.LeakyRelu(parameters[0]);
            case "Clip" -> new Activation.Clamp(parameters[0], parameters[1]);
            default -> throw node.unsupported("with activation " + name);
        };
        ConvolutionOp convolution = ConvolutionOp.bind(node, null, activation);
        return name.equals("HardSigmoid") ? new Followed(convolution, parameters[0], parameters[1]) : convolution;
    }

    /// A convolution with an activation that it cannot take in: HardSigmoid.
    private record Followed(ConvolutionOp convolution, double alpha, double beta) implements BoundOp {
        @Override
        public Tensor[] run(Inputs in) {
            Tensor line = convolution.run(in)[0].mul(new Scalar(alpha)).add(new Scalar(beta));
            return new Tensor[] {torch.clamp(line, ActivationOps.some(0), ActivationOps.some(1))};
        }

        @Override
        public Set<Integer> absorbedInputs() {
            return convolution.absorbedInputs();
        }

        @Override
        public void close() {
            convolution.close();
        }
    }

    /// alpha · A' · B', where ' may exchange the last two axes, or (transBatch) bring axis 0 before the
    /// last but one.
    private static Tensor fusedMatMul(NodeView node, Inputs in) {
        Tensor a = turned(in.at(0), node.flag("transA", false), node.flag("transBatchA", false));
        Tensor b = turned(in.at(1), node.flag("transB", false), node.flag("transBatchB", false));
        return torch.matmul(a, b).mul(new Scalar(node.real("alpha", 1)));
    }

    private static Tensor turned(Tensor x, boolean transposed, boolean batch) {
        Tensor placed = batch ? x.permute(batchLast((int) x.dim())) : x;
        return transposed && placed.dim() > 1 ? placed.transpose(-1, -2) : placed;
    }

    private static long[] batchLast(int rank) {
        return LongStream.concat(LongStream.range(1, rank - 1), LongStream.of(0, rank - 1))
                .toArray();
    }

    private static Tensor fusedGemm(NodeView node, Inputs in) {
        Tensor a = node.flag("transA", false) ? in.at(0).t() : in.at(0);
        Tensor b = node.flag("transB", false) ? in.at(1).t() : in.at(1);
        Tensor y = torch.matmul(a, b).mul(new Scalar(node.real("alpha", 1)));
        y = in.has(2) ? y.add(in.at(2), new Scalar(node.real("beta", 1))) : y;
        double alpha = node.real("activation_alpha", 0.01);
        return switch (node.text("activation", "")) {
            case "" -> y;
            case "Relu" -> torch.relu(y);
            case "Tanh" -> torch.tanh(y);
            case "Sigmoid" -> torch.sigmoid(y);
            case "LeakyRelu" -> torch.leaky_relu(y, new Scalar(alpha));
            default -> throw node.unsupported("with activation " + node.text("activation", ""));
        };
    }

    /// The tensors one after another along `axis`.
    static Tensor joined(long axis, Tensor... parts) {
        return torch.cat(new TensorVector(parts), axis);
    }
}
