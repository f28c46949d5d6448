package ai.vernier.engine.cpu;

import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// y = x · Wᵀ + b on oneDNN, the weights packed once.
public final class OneDnnLinear implements AutoCloseable {
    private final OperatorHandle operator = OneDnn.operator("mkldnn::_linear_pointwise", "");
    private final IValue weight;
    private final IValue attribute = OneDnn.text("none");
    private final IValue scalars = OneDnn.numbers();
    private final IValue algorithm = OneDnn.text("");

    /// @param dense outputs × inputs
    public OneDnnLinear(Tensor dense) {
        OperatorHandle pack = OneDnn.operator("mkldnn::_reorder_linear_weight", "");
        weight = OneDnn.tensor(OneDnn.call(pack, new IValue(dense), OneDnn.none()));
        pack.close();
    }

    public Tensor run(Tensor x, @Nullable Tensor bias) {
        IValue fused = bias == null ? OneDnn.none() : new IValue(bias);
        return OneDnn.call(operator, new IValue(x), weight, fused, attribute, scalars, algorithm);
    }

    @Override
    public void close() {
        weight.close();
        attribute.close();
        scalars.close();
        algorithm.close();
        operator.close();
    }
}
