package ai.vernier.engine.op;

import ai.vernier.engine.cpu.OneDnn;
import ai.vernier.engine.cpu.OneDnnLinear;
import ai.vernier.engine.cpu.XnnLinear;
import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A matrix product with constant weights, y = x · Wᵀ + b, through XNNPACK (or else oneDNN) with packed weights where
/// that is possible.
final class LinearOp implements BoundOp {
    private static final int BIAS = 2;

    private final TensorData weight;
    private final boolean transposed;
    private final @Nullable TensorData bias;
    private final @Nullable XnnRuntime runtime;
    private final TensorOptions options = OneDnn.kept(new TensorOptions(ScalarType.Float));
    private final MemoryFormatOptional layout = OneDnn.kept(new MemoryFormatOptional());
    private @Nullable Tensor dense;
    private @Nullable Tensor denseBias;
    private @Nullable XnnLinear packed;
    private @Nullable OneDnnLinear packedForOneDnn;

    /// @param weight input 1 of `node`
    /// @param transposed whether the weight is stored as outputs × inputs, as LibTorch wants it
    LinearOp(NodeView node, TensorData weight, boolean transposed) {
        this.weight = weight;
        this.transposed = transposed;
        this.runtime = node.xnnpack().orElse(null);
        this.bias = node.constant(BIAS).filter(this::isPerOutput).orElse(null);
    }

    private boolean isPerOutput(TensorData addend) {
        return addend.dataType() == DataType.FLOAT
                && addend.rank() > 0
                && addend.rank() < 3
                && addend.elementCount() == outputs()
                && addend.dim(addend.rank() - 1) == outputs();
    }

    private long inputs() {
        return weight.dim(transposed ? 1 : 0);
    }

    private long outputs() {
        return weight.dim(transposed ? 0 : 1);
    }

    @Override
    public Set<Integer> absorbedInputs() {
        return bias == null ? Set.of(1) : Set.of(1, BIAS);
    }

    @Override
    public Tensor[] run(Inputs in) {
        Tensor x = in.at(0);
        Tensor addend = bias == null ? in.orNull(BIAS) : null;
        Tensor y = product(x);
        return new Tensor[] {addend == null ? y : y.add(addend)};
    }

    /// x · Wᵀ and the constant bias.
    private Tensor product(Tensor x) {
        if (isPackable(x)) {
            if (runtime != null) {
                return packed(runtime, x);
            }
            if (OneDnn.available()) {
                return packedForOneDnn().run(x, denseBias(x));
            }
        }
        TensorOptional fused = NormalizationOps.some(denseBias(x));
        return torch.linear(x, dense(x), fused);
    }

    /// Kernels for packed weights trust the shapes; LibTorch's own checks them and says what is wrong.
    private boolean isPackable(Tensor x) {
        return x.scalar_type().intern() == ScalarType.Float
                && !x.is_cuda()
                && x.dim() > 1
                && x.numel() > 0
                && weight.elementCount() > 0
                && x.size(x.dim() - 1) == inputs();
    }

    @Override
    public @Nullable Kernel kernel(Operands at) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        boolean added = bias == null && at.has(BIAS);
        if (runtime == null || added || !isPackable(x) || !y.is_contiguous()) {
            return null;
        }
        Optional<DenseInput> dense = DenseInput.of(x, at);
        if (dense.isEmpty()) {
            return null;
        }
        MemorySegment from = dense.get().at();
        Kernel copy = dense.get().copy();
        MemorySegment to = XnnRuntime.address(y);
        long rows = x.numel() / inputs();
        XnnLinear product = packed(runtime);
        return () -> {
            copy.run();
            product.run(from, to, rows);
        };
    }

    private XnnLinear packed(XnnRuntime threads) {
        XnnLinear known = packed;
        if (known == null) {
            try (PointerScope _ = new PointerScope()) {
                Tensor offsets = bias == null ? null : HostTransfer.toTensor(bias);
                known = new XnnLinear(outputsByInputs(), offsets, threads);
            }
            packed = known;
        }
        return known;
    }

    private Tensor packed(XnnRuntime threads, Tensor input) {
        Tensor x = input.contiguous();
        long[] sizes = HostTransfer.sizes(x);
        long rows = x.numel() / sizes[sizes.length - 1];
        sizes[sizes.length - 1] = outputs();
        Tensor y = torch.empty(sizes, options, layout);
        packed(threads).run(XnnRuntime.address(x), XnnRuntime.address(y), rows);
        return y;
    }

    private OneDnnLinear packedForOneDnn() {
        OneDnnLinear known = packedForOneDnn;
        if (known == null) {
            try (PointerScope _ = new PointerScope()) {
                known = new OneDnnLinear(outputsByInputs());
            }
            packedForOneDnn = known;
        }
        return known;
    }

    private Tensor dense(Tensor like) {
        Tensor known = dense;
        if (known == null) {
            known = placed(outputsByInputs(), like);
            dense = known;
        }
        return known;
    }

    private @Nullable Tensor denseBias(Tensor like) {
        if (denseBias == null && bias != null) {
            denseBias = placed(HostTransfer.toTensor(bias).reshape(outputs()), like);
        }
        return denseBias;
    }

    private static Tensor placed(Tensor constant, Tensor like) {
        return OneDnn.kept(constant.to(like.options(), false, false, new MemoryFormatOptional()));
    }

    private Tensor outputsByInputs() {
        Tensor stored = HostTransfer.toTensor(weight);
        return transposed ? stored : stored.t().contiguous();
    }

    @Override
    public void close() {
        for (AutoCloseable held : new @Nullable AutoCloseable[] {packed, packedForOneDnn, dense, denseBias}) {
            XnnRuntime.close(held);
        }
        options.close();
        layout.close();
    }
}
