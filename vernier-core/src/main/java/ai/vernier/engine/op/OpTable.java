package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// The operators that the engine computes on LibTorch, by domain, type and the opset since which an entry
/// holds.
public final class OpTable {
    /// Binds an operator to a node, taking in what is constant.
    @FunctionalInterface
    public interface Binder {
        BoundOp bind(NodeView node);
    }

    /// An operator with one output and nothing to prepare.
    @FunctionalInterface
    interface OneOutput {
        Tensor apply(NodeView node, Inputs in);
    }

    /// An operator with several outputs and nothing to prepare.
    @FunctionalInterface
    interface ManyOutputs {
        Tensor[] apply(NodeView node, Inputs in);
    }

    private final Map<String, TreeMap<Long, Binder>> binders = new HashMap<>();

    private OpTable() {}

    /// Every operator of this library.
    public static OpTable builtIn() {
        OpTable table = new OpTable();
        ElementwiseOps.register(table);
        ActivationOps.register(table);
        LogicOps.register(table);
        ReductionOps.register(table);
        ShapeOps.register(table);
        IndexOps.register(table);
        ScatterOps.register(table);
        UniqueOps.register(table);
        NgramOps.register(table);
        CreationOps.register(table);
        RandomOps.register(table);
        CastOps.register(table);
        MatrixOps.register(table);
        ConvolutionOps.register(table);
        PoolOps.register(table);
        NormalizationOps.register(table);
        SoftmaxOps.register(table);
        LossOps.register(table);
        DetectionOps.register(table);
        ContribOps.register(table);
        ContribAttentionOps.register(table);
        ContribQuantizedOps.register(table);
        RecurrentOps.register(table);
        AttentionOps.register(table);
        SignalOps.register(table);
        SpatialOps.register(table);
        ResizeOps.register(table);
        QuantizeOps.register(table);
        IntegerOps.register(table);
        return table;
    }

    /// The opsets from which on an entry holds, by operator.
    public Map<String, SortedSet<Long>> versions() {
        Map<String, SortedSet<Long>> versions = new TreeMap<>();
        binders.forEach((type, entries) -> versions.put(type, new TreeSet<>(entries.keySet())));
        return versions;
    }

    /// The entry for `node` at version `opset` of its domain.
    public Optional<Binder> find(Node node, long opset) {
        TreeMap<Long, Binder> versions = binders.get(node.qualifiedType());
        return versions == null
                ? Optional.empty()
                : Optional.ofNullable(versions.floorEntry(opset)).map(Map.Entry::getValue);
    }

    void add(String type, long since, OneOutput op) {
        bind(type, since, node -> in -> new Tensor[] {op.apply(node, in)});
    }

    /// An operator whose integers wrap around: its result is narrowed where LibTorch carries the type in
    /// a wider one. A model that states another type than its operands have is not believed.
    void addWrapping(String type, long since, OneOutput op) {
        bind(type, since, node -> {
            Optional<DataType> narrow = node.outputType(0).filter(NarrowIntegers::isCarried);
            return in -> {
                ScalarType operands = in.at(0).scalar_type().intern();
                Tensor result = op.apply(node, in);
                return new Tensor[] {
                    narrow.filter(stated -> HostTransfer.carrier(stated) == operands)
                            .map(stated -> NarrowIntegers.wrapped(result, stated))
                            .orElse(result)
                };
            };
        });
    }

    /// An operator with a formula of its own for uint64, which LibTorch takes for int64.
    void addOrdered(String type, long since, OneOutput op, OneOutput onUnsigned64) {
        bind(type, since, node -> {
            OneOutput chosen = node.inputType(0).equals(Optional.of(DataType.UINT64)) ? onUnsigned64 : op;
            return in -> new Tensor[] {chosen.apply(node, in)};
        });
    }

    void addMany(String type, long since, ManyOutputs op) {
        bind(type, since, node -> in -> op.apply(node, in));
    }

    void bind(String type, long since, Binder binder) {
        binders.computeIfAbsent(type, _ -> new TreeMap<>()).put(since, binder);
    }
}
