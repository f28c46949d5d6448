package ai.vernier.engine.op;

import ai.vernier.onnx.TensorData;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A matrix product with constant weights, y = x · Wᵀ + b, through oneDNN with packed weights where that is possible.
final class LinearOp implements BoundOp {
    private final TensorData weight;
    private final boolean transposed;
    private @Nullable Tensor dense;
    private @Nullable OneDnnLinear packed;

    /// @param transposed whether the weight is stored as outputs × inputs, as LibTorch wants it
    LinearOp(TensorData weight, boolean transposed) {
        this.weight = weight;
        this.transposed = transposed;
    }

    @Override
    public Set<Integer> absorbedInputs() {
        return Set.of(1);
    }

    @Override
    public Tensor[] run(Inputs in) {
        Tensor x = in.at(0);
        Tensor bias = in.orNull(2);
        boolean vectorBias = bias == null || (bias.dim() == 1 && bias.numel() > 1);
        if (x.scalar_type().intern() == ScalarType.Float
                && !x.is_cuda()
                && x.dim() > 1
                && x.numel() > 0
                && isConsistent(x, vectorBias ? bias : null)
                && OneDnn.available()) {
            Tensor y = packed().run(x, vectorBias ? bias : null);
            return new Tensor[] {vectorBias || bias == null ? y : y.add(bias)};
        }
        TensorOptional fused = NormalizationOps.some(vectorBias ? bias : null);
        Tensor y = torch.linear(x, dense(x), fused);
        return new Tensor[] {vectorBias || bias == null ? y : y.add(bias)};
    }

    /// The kernel for packed weights trusts the shapes; LibTorch's own checks them and says what is wrong.
    private boolean isConsistent(Tensor x, @Nullable Tensor bias) {
        long inputs = weight.dim(transposed ? 1 : 0);
        long outputs = weight.dim(transposed ? 0 : 1);
        boolean biasFits =
                bias == null || (bias.numel() == outputs && bias.scalar_type().intern() == ScalarType.Float);
        return weight.elementCount() > 0 && x.size(x.dim() - 1) == inputs && biasFits;
    }

    private OneDnnLinear packed() {
        OneDnnLinear known = packed;
        if (known == null) {
            try (PointerScope _ = new PointerScope()) {
                known = new OneDnnLinear(outputsByInputs());
            }
            packed = known;
        }
        return known;
    }

    private Tensor dense(Tensor like) {
        Tensor known = dense;
        if (known == null) {
            known = outputsByInputs().to(like.options(), false, false, new MemoryFormatOptional());
            known.retainReference();
            dense = known;
        }
        return known;
    }

    private Tensor outputsByInputs() {
        Tensor stored = HostTransfer.toTensor(weight);
        return transposed ? stored : stored.t().contiguous();
    }

    @Override
    public void close() {
        if (packed != null) {
            packed.close();
        }
        if (dense != null) {
            dense.close();
        }
    }
}
