package ai.vernier.engine.op;

import ai.vernier.engine.cpu.OneDnn;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.TensorData;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/// A two-dimensional convolution on oneDNN: weights packed for the input's extents, bias, residual sum and activation
/// applied while the results are in the cache, everything in channels-last layout.
@SuppressWarnings("ReferenceEquality") // handles have identity
final class OneDnnConvolution implements PackedConvolution {
    /// How many input shapes keep their own packed weights before the oldest is dropped.
    private static final int PACKED_SHAPES = 2;

    private final TensorData weight;
    private final Activation activation;
    private final boolean fusedWithSum;
    private final OperatorHandle plain = OneDnn.operator("mkldnn::_convolution_pointwise", "");
    private final OperatorHandle summing = OneDnn.operator("mkldnn::_convolution_pointwise", "binary");
    private final IValue bias;
    private final IValue groups;
    private final IValue name;
    private final IValue parameters;
    private final IValue empty = OneDnn.text("");
    private final IValue noNumbers = OneDnn.numbers();
    private final IValue add = OneDnn.text("add");
    private final IValue unaryAfterSum;
    private final Map<Long, IValue> packed = new LinkedHashMap<>();
    private @Nullable Geometry geometry;

    private record Geometry(Window window, IValue strides, IValue pads, IValue dilations) {}

    OneDnnConvolution(TensorData weight, @Nullable TensorData bias, Activation activation, long groups) {
        this.weight = weight;
        this.activation = activation;
        this.fusedWithSum = activation instanceof Activation.None || activation instanceof Activation.Relu;
        this.bias = bias == null ? OneDnn.none() : OneDnn.tensor(HostTransfer.toTensor(bias));
        this.groups = OneDnn.integer(groups);
        this.name = OneDnn.text(activation.oneDnnName());
        this.parameters = OneDnn.numbers(activation.oneDnnParameters());
        this.unaryAfterSum = activation instanceof Activation.Relu ? OneDnn.text("relu") : OneDnn.none();
    }

    @Override
    public void use(Window window) {
        Geometry known = geometry;
        if (known != null && known.window.sameSteps(window)) {
            return;
        }
        if (known != null) {
            release(known);
        }
        geometry = new Geometry(
                window,
                OneDnn.integers(window.strides()),
                OneDnn.integers(window.begins()),
                OneDnn.integers(window.dilations()));
    }

    @Override
    public Tensor run(Tensor input, @Nullable Tensor residual) {
        Geometry at = geometry;
        if (at == null) {
            throw new IllegalStateException("no window in use");
        }
        Tensor x = input.contiguous(MemoryFormat.ChannelsLast);
        IValue w = packedFor(x, at);
        if (residual == null) {
            return OneDnn.call(
                    plain, new IValue(x), w, bias, at.pads, at.strides, at.dilations, groups, name, parameters, empty);
        }
        return fusedWithSum ? sum(x, residual, w, at) : activation.applyTo(sum(x, residual, w, at));
    }

    private Tensor sum(Tensor x, Tensor residual, IValue w, Geometry at) {
        IValue other = new IValue(residual.contiguous(MemoryFormat.ChannelsLast));
        return OneDnn.call(
                summing,
                new IValue(x),
                other,
                w,
                bias,
                at.pads,
                at.strides,
                at.dilations,
                groups,
                add,
                OneDnn.none(),
                unaryAfterSum,
                noNumbers,
                OneDnn.none());
    }

    /// The layout that oneDNN likes depends on the input's height and width; with another one it still computes
    /// right, only slower.
    private IValue packedFor(Tensor x, Geometry at) {
        long shape = x.size(2) << 32 | x.size(3);
        IValue known = packed.get(shape);
        if (known != null) {
            return known;
        }
        if (packed.size() == PACKED_SHAPES) {
            Long oldest = packed.keySet().iterator().next();
            release(packed.remove(oldest));
        }
        IValue fresh = pack(x, at);
        packed.put(shape, fresh);
        return fresh;
    }

    private IValue pack(Tensor x, Geometry at) {
        OperatorHandle reorder = OneDnn.operator("mkldnn::_reorder_convolution_weight", "");
        IValue shape = OneDnn.integers(HostTransfer.sizes(x));
        try {
            IValue dense = new IValue(HostTransfer.toTensor(weight));
            return OneDnn.tensor(OneDnn.call(reorder, dense, at.pads, at.strides, at.dilations, groups, shape));
        } finally {
            shape.close();
            reorder.close();
        }
    }

    private static void release(@Nullable Pointer pointer) {
        if (pointer != null && pointer != OneDnn.none()) {
            pointer.close();
        }
    }

    private static void release(Geometry known) {
        release(known.strides);
        release(known.pads);
        release(known.dilations);
    }

    @Override
    public void close() {
        packed.values().forEach(OneDnnConvolution::release);
        packed.clear();
        Geometry known = geometry;
        if (known != null) {
            release(known);
        }
        for (IValue value : new IValue[] {bias, groups, name, parameters, empty, noNumbers, add, unaryAfterSum}) {
            release(value);
        }
        release(plain);
        release(summing);
    }
}
