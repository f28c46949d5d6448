package ai.vernier.engine.op;

import ai.vernier.engine.tensor.Kernel;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// An operator bound to one node of a graph; may hold packed weights.
public interface BoundOp extends AutoCloseable {
    /// Computes the node's outputs, in the node's order, inside the caller's PointerScope. An output may be an input or
    /// a view of one; the caller keeps apart who owns what.
    Tensor[] run(Inputs in);

    /// Indices of constant inputs that this operator has taken in and will not ask for.
    default Set<Integer> absorbedInputs() {
        return Set.of();
    }

    /// Whether equal inputs always give equal outputs, so that the result may be computed once and kept.
    default boolean isRepeatable() {
        return true;
    }

    /// Whether elements of the inputs decide what is computed, so that a result may be a view of an input in one run
    /// and
    /// not in the next.
    default boolean branches() {
        return false;
    }

    /// Whether the results depend on the shapes of the inputs only, not on their elements.
    default boolean dependsOnShapes() {
        return false;
    }

    /// What computes the results anew while all operands stay in their places; null where only [#run] does.
    default @Nullable Kernel kernel(Operands operands) {
        return null;
    }

    /// Frees what the operator holds.
    @Override
    default void close() {}
}
