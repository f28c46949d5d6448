package ai.vernier.engine.op;

import ai.vernier.engine.tensor.Kernel;
import ai.vernier.engine.tensor.RowCopy;
import ai.vernier.engine.tensor.Strided;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/// An input of a kernel that must lie row by row without gaps: where that is, and what brings it there before each run.
record DenseInput(MemorySegment at, Kernel copy) {
    private static final Kernel NOTHING = () -> {};

    /// `tensor` itself, or a place for a copy of it; empty where it lies too scattered to copy quickly.
    static Optional<DenseInput> of(Tensor tensor, Operands operands) {
        Strided there = Strided.of(tensor);
        if (there.isRowMajor()) {
            return Optional.of(new DenseInput(there.segment(), NOTHING));
        }
        MemorySegment room = operands.memory().apply(there.elements() * there.width());
        return RowCopy.of(there, Strided.dense(room.address(), there.sizes(), there.width()))
                .map(copy -> new DenseInput(room, copy));
    }
}
