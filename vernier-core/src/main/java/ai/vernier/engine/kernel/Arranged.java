package ai.vernier.engine.kernel;

import ai.vernier.engine.tensor.Kernel;
import ai.vernier.engine.tensor.RowCopy;
import ai.vernier.engine.tensor.Strided;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// An operand of a kernel whose elements lie one behind the other in the order that the kernel wants.
///
/// @param operand row-major
/// @param preparation what brings the elements there before each run; null where they are there anyway
public record Arranged(Strided operand, @Nullable Kernel preparation) {
    /// `source` if it is row-major, or else a copy in new memory.
    ///
    /// @param constant whether to copy once and for all
    static Optional<Arranged> of(Strided source, boolean constant, LongFunction<MemorySegment> memory) {
        if (source.isRowMajor()) {
            return Optional.of(new Arranged(source, null));
        }
        MemorySegment room = memory.apply(source.elements() * source.width());
        Strided here = Strided.dense(room.address(), source.sizes(), source.width());
        return RowCopy.of(source, here).map(copy -> {
            copy.run();
            return new Arranged(here, constant ? null : copy);
        });
    }

    Kernel before(Kernel operation) {
        return preparation == null ? operation : preparation.then(operation);
    }
}
