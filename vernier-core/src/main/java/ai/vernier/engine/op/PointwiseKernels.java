package ai.vernier.engine.op;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Arithmetic element by element on XNNPACK: shapes and addresses are told once, a run is one C call.
final class PointwiseKernels {
    /// XNNPACK's limit on axes, after joining those that broadcast alike.
    private static final int MAX_AXES = 6;

    /// Below this number of elements a second thread costs more than it computes.
    private static final long WORTH_THREADS = 1 << 15;

    private final XnnRuntime runtime;
    private final Operands at;

    PointwiseKernels(XnnRuntime runtime, Operands at) {
        this.runtime = runtime;
        this.at = at;
    }

    /// A run of an operator that knows its shapes and addresses.
    record XnnRun(MemorySegment operator, MemorySegment pool) implements Kernel {
        @Override
        public void run() {
            try {
                XnnRuntime.check((int) Xnnpack.RUN.invokeExact(operator, pool));
            } catch (Throwable e) {
                throw XnnRuntime.failed(e);
            }
        }

        @Override
        public void close() {
            XnnRuntime.delete(operator);
        }
    }

    static MemorySegment pool(XnnRuntime runtime, long elements) {
        return elements < WORTH_THREADS ? MemorySegment.NULL : runtime.pool();
    }

    /// y = f(x) with XNNPACK's function number `function`.
    ///
    /// @param parameters up to two numbers: bounds, or a slope
    @Nullable
    Kernel unary(int function, float... parameters) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        if (!Operands.areFloats(x, y) || x.numel() != y.numel()) {
            return null;
        }
        Strided from = Strided.of(x);
        Strided to = Strided.of(y);
        if (Arrays.equals(from.strides(), to.strides())) {
            return unary(function, from.segment(), to.segment(), y.numel(), parameters);
        }
        return RowCopy.of(from, to)
                .map(copy -> copy.then(unary(function, to.segment(), to.segment(), y.numel(), parameters)))
                .orElse(null);
    }

    Kernel unary(int function, MemorySegment x, MemorySegment y, long elements, float... parameters) {
        MemorySegment pool = pool(runtime, elements);
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment numbers = temporary.allocate(64, 16);
            for (int i = 0; i < parameters.length; i++) {
                numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, parameters[i]);
            }
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            MemorySegment none = MemorySegment.NULL;
            MemorySegment given = parameters.length == 0 ? none : numbers;
            XnnRuntime.check((int) Xnnpack.CREATE_UNARY.invokeExact(
                    function, Xnnpack.FLOAT, Xnnpack.FLOAT, given, none, none, runtime.flags(), result));
            MemorySegment operator = result.get(ValueLayout.ADDRESS, 0);
            XnnRuntime.check((int) Xnnpack.RESHAPE_UNARY.invokeExact(operator, elements, 1L, 1L, 1L, pool));
            XnnRuntime.check((int) Xnnpack.SETUP_UNARY.invokeExact(operator, x, y));
            return new XnnRun(operator, pool);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// y = f(a, b), broadcast.
    @Nullable
    Kernel binary(int function, Tensor a, boolean constantA, Tensor b, boolean constantB) {
        Tensor y = at.out()[0];
        if (!Operands.areFloats(a, b, y) || a.dim() > y.dim() || b.dim() > y.dim()) {
            return null;
        }
        Strided out = Strided.of(y);
        int[] order = out.memoryOrder();
        Optional<Placed> first = placed(a, constantA, out.rank(), order);
        Optional<Placed> second = placed(b, constantB, out.rank(), order);
        if (first.isEmpty() || second.isEmpty() || !out.permuted(order).isRowMajor()) {
            return null;
        }
        List<long[]> axes = joined(first.get().operand, second.get().operand);
        if (axes.size() > MAX_AXES) {
            return null;
        }
        Kernel operation = binary(function, first.get(), second.get(), axes);
        return first.get().preparedBy(second.get().preparedBy(operation));
    }

    /// An operand whose elements lie in the order of the result's, and what brings them there before each run.
    private record Placed(Strided operand, @Nullable Kernel preparation) {
        Kernel preparedBy(Kernel operation) {
            return preparation == null ? operation : preparation.then(operation);
        }
    }

    private Optional<Placed> placed(Tensor tensor, boolean constant, int rank, int[] order) {
        Strided there = Strided.of(tensor).lifted(rank).permuted(order);
        if (there.isRowMajor()) {
            return Optional.of(new Placed(there, null));
        }
        MemorySegment room = at.memory().apply(there.elements() * Float.BYTES);
        Strided here = Strided.dense(room.address(), there.sizes(), Float.BYTES);
        return RowCopy.of(there, here).map(copy -> {
            copy.run();
            return new Placed(here, constant ? null : copy);
        });
    }

    /// Extents of both operands; neighbouring axes that both have, or only one of them has, become one.
    private static List<long[]> joined(Strided a, Strided b) {
        List<long[]> axes = new ArrayList<>();
        for (int axis = 0; axis < a.rank(); axis++) {
            long[] extents = {a.sizes()[axis], b.sizes()[axis]};
            if (extents[0] == 1 && extents[1] == 1) {
                continue;
            }
            long[] last = axes.isEmpty() ? null : axes.getLast();
            if (last != null && (last[0] == 1) == (extents[0] == 1) && (last[1] == 1) == (extents[1] == 1)) {
                last[0] *= extents[0];
                last[1] *= extents[1];
            } else {
                axes.add(extents);
            }
        }
        return axes;
    }

    private Kernel binary(int function, Placed a, Placed b, List<long[]> axes) {
        long elements =
                axes.stream().mapToLong(axis -> Math.max(axis[0], axis[1])).reduce(1, (m, n) -> m * n);
        MemorySegment pool = pool(runtime, elements);
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment ofA = temporary.allocate(ValueLayout.JAVA_LONG, MAX_AXES);
            MemorySegment ofB = temporary.allocate(ValueLayout.JAVA_LONG, MAX_AXES);
            for (int i = 0; i < axes.size(); i++) {
                ofA.setAtIndex(ValueLayout.JAVA_LONG, i, axes.get(i)[0]);
                ofB.setAtIndex(ValueLayout.JAVA_LONG, i, axes.get(i)[1]);
            }
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            MemorySegment none = MemorySegment.NULL;
            XnnRuntime.check((int) Xnnpack.CREATE_BINARY.invokeExact(
                    function, Xnnpack.FLOAT, none, none, none, runtime.flags(), result));
            MemorySegment operator = result.get(ValueLayout.ADDRESS, 0);
            long rank = axes.size();
            XnnRuntime.check((int) Xnnpack.RESHAPE_BINARY.invokeExact(operator, rank, ofA, rank, ofB, pool));
            XnnRuntime.check((int) Xnnpack.SETUP_BINARY.invokeExact(
                    operator,
                    a.operand.segment(),
                    b.operand.segment(),
                    MemorySegment.ofAddress(at.out()[0].data_ptr().address())));
            return new XnnRun(operator, pool);
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }
}
