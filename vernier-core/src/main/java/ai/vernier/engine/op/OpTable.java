package ai.vernier.engine.op;

import ai.vernier.onnx.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/// The operators that the engine computes on LibTorch, by domain, type and the opset since which an entry holds.
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
        CreationOps.register(table);
        MatrixOps.register(table);
        ConvolutionOps.register(table);
        PoolOps.register(table);
        NormalizationOps.register(table);
        RecurrentOps.register(table);
        ResizeOps.register(table);
        QuantizeOps.register(table);
        return table;
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

    void addMany(String type, long since, ManyOutputs op) {
        bind(type, since, node -> in -> op.apply(node, in));
    }

    void bind(String type, long since, Binder binder) {
        binders.computeIfAbsent(type, _ -> new TreeMap<>()).put(since, binder);
    }
}
