package ai.vernier.engine.kernel;

import ai.vernier.engine.cpu.Threads;
import ai.vernier.engine.cpu.XnnRuntime;
import ai.vernier.engine.cpu.Xnnpack;
import ai.vernier.engine.op.Operands;
import ai.vernier.engine.op.Window;
import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.engine.tensor.RowCopy;
import ai.vernier.engine.tensor.Strided;
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
public final class PointwiseKernels {
    /// XNNPACK's limit on axes, after joining those that broadcast alike.
    private static final int MAX_AXES = 6;

    private final XnnRuntime runtime;
    private final Operands at;

    PointwiseKernels(XnnRuntime runtime, Operands at) {
        this.runtime = runtime;
        this.at = at;
    }

    /// Tells a new operator its shapes and addresses.
    @FunctionalInterface
    interface Introduction {
        void to(MemorySegment operator) throws Throwable;
    }

    /// The run of a new operator, which is deleted again if it does not take what it is told.
    XnnRun ready(MemorySegment operator, Threads threads, Introduction introduction) throws Throwable {
        try {
            introduction.to(operator);
            return new XnnRun(operator, threads, runtime);
        } catch (Throwable e) {
            XnnRuntime.delete(operator);
            throw e;
        }
    }

    /// A run of an operator that knows its shapes and addresses.
    record XnnRun(MemorySegment operator, Threads threads, XnnRuntime runtime) implements Kernel {
        @Override
        public void run() {
            try {
                runtime.run(operator, threads);
            } catch (Throwable e) {
                throw XnnRuntime.failed(e);
            }
        }

        @Override
        public void close() {
            XnnRuntime.delete(operator);
        }
    }

    /// y = f(x) with XNNPACK's function number `function`.
    ///
    /// @param parameters up to two numbers: bounds, or a slope
    @Nullable
    Kernel unary(int function, float... parameters) {
        return dense((x, y, elements) -> unary(function, x, y, elements, parameters));
    }

    /// y = √x, see [RootKernel]; null for large tensors.
    ///
    /// @param power whether it stands for x to the power of ½
    @Nullable
    Kernel squareRoot(boolean power) {
        return at.in(0).numel() > RootKernel.MAX_ELEMENTS
                ? null
                : dense((x, y, elements) -> RootKernel.of(x.address(), y.address(), (int) elements, power));
    }

    /// A function of elements one behind the other, which may be in place.
    @FunctionalInterface
    private interface Dense {
        Kernel of(MemorySegment x, MemorySegment y, long elements);
    }

    private @Nullable Kernel dense(Dense function) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        if (!Operands.areFloats(x, y)) {
            return null;
        }
        Strided from = Strided.of(x);
        Strided to = Strided.of(y);
        if (!Arrays.equals(from.sizes(), to.sizes())) {
            return null;
        }
        if (Arrays.equals(from.strides(), to.strides())) {
            return function.of(from.segment(), to.segment(), y.numel());
        }
        return RowCopy.of(from, to)
                .map(copy -> copy.then(function.of(to.segment(), to.segment(), y.numel())))
                .orElse(null);
    }

    /// The same for elements one behind the other; `y` may be `x`.
    Kernel unary(int function, MemorySegment x, MemorySegment y, long elements, float... parameters) {
        Threads threads = runtime.threadsForElements(elements);
        MemorySegment none = MemorySegment.NULL;
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            MemorySegment numbers = temporary.allocate(64, 16);
            for (int i = 0; i < parameters.length; i++) {
                numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, parameters[i]);
            }
            MemorySegment given = parameters.length == 0 ? none : numbers;
            XnnRuntime.check((int) Xnnpack.CREATE_UNARY.invokeExact(
                    function, Xnnpack.FLOAT, Xnnpack.FLOAT, given, none, none, runtime.flags(), result));
            return ready(result.get(ValueLayout.ADDRESS, 0), threads, operator -> {
                XnnRuntime.check(
                        (int) Xnnpack.RESHAPE_UNARY.invokeExact(operator, elements, 1L, 1L, 1L, threads.pool()));
                XnnRuntime.check((int) Xnnpack.SETUP_UNARY.invokeExact(operator, x, y));
            });
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// y = f(a, b), broadcast.
    @Nullable
    Kernel binary(int function, int a, int b) {
        Tensor y = at.out()[0];
        if (!Operands.areFloats(at.in(a), at.in(b), y)) {
            return null;
        }
        Operand first = new Operand(Strided.of(at.in(a)), at.isConstant(a));
        Operand second = new Operand(Strided.of(at.in(b)), at.isConstant(b));
        return binary(function, first, second, Strided.of(y));
    }

    /// y = −x, as a product: XNNPACK's own function makes 0 of 0, where it is −0.
    @Nullable
    Kernel negative() {
        Tensor y = at.out()[0];
        if (!Operands.areFloats(at.in(0), y)) {
            return null;
        }
        MemorySegment factor = at.memory().apply(Float.BYTES);
        factor.set(ValueLayout.JAVA_FLOAT, 0, -1);
        Operand minusOne = new Operand(Strided.dense(factor.address(), new long[0], Float.BYTES), true);
        return binary(Xnnpack.MULTIPLY, new Operand(Strided.of(at.in(0)), false), minusOne, Strided.of(y));
    }

    /// An operand as it lies, and whether it stays the same.
    record Operand(Strided elements, boolean constant) {}

    /// out = f(a, b), broadcast; `out` must be dense.
    @Nullable
    Kernel binary(int function, Operand a, Operand b, Strided out) {
        int[] order = out.memoryOrder();
        if (a.elements.rank() > out.rank()
                || b.elements.rank() > out.rank()
                || !out.permuted(order).isRowMajor()) {
            return null;
        }
        Strided ofB = b.elements.lifted(out.rank());
        Strided ofA = covering(a.elements.lifted(out.rank()), ofB, out);
        if (!broadcasts(ofA, ofB, out)) {
            return null;
        }
        Optional<Arranged> first = Arranged.of(ofA.permuted(order), a.constant, at.memory());
        Optional<Arranged> second = Arranged.of(ofB.permuted(order), b.constant, at.memory());
        if (first.isEmpty() || second.isEmpty()) {
            return null;
        }
        List<long[]> axes = joined(first.get().operand(), second.get().operand());
        if (axes.size() > MAX_AXES) {
            return null;
        }
        Kernel operation = binary(function, first.get().operand(), second.get().operand(), out.segment(), axes);
        return first.get().before(second.get().before(operation));
    }

    /// `a` with the axes of the result that neither operand has because both repeat one element there.
    private static Strided covering(Strided a, Strided b, Strided out) {
        Strided whole = a;
        for (int axis = 0; axis < out.rank(); axis++) {
            if (a.sizes()[axis] == 1 && b.sizes()[axis] == 1) {
                whole = whole.repeated(axis, out.sizes()[axis]);
            }
        }
        return whole;
    }

    /// Whether XNNPACK will compute results of the extents of `out` from these.
    private static boolean broadcasts(Strided a, Strided b, Strided out) {
        for (int axis = 0; axis < out.rank(); axis++) {
            long m = a.sizes()[axis];
            long n = b.sizes()[axis];
            if (Math.max(m, n) != out.sizes()[axis] || (m != n && m != 1 && n != 1)) {
                return false;
            }
        }
        return true;
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

    private Kernel binary(int function, Strided a, Strided b, MemorySegment out, List<long[]> axes) {
        MemorySegment none = MemorySegment.NULL;
        long elements =
                axes.stream().mapToLong(axis -> Math.max(axis[0], axis[1])).reduce(1, (m, n) -> m * n);
        Threads threads = runtime.threadsForElements(elements);
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment ofA = temporary.allocate(ValueLayout.JAVA_LONG, MAX_AXES);
            MemorySegment ofB = temporary.allocate(ValueLayout.JAVA_LONG, MAX_AXES);
            for (int i = 0; i < axes.size(); i++) {
                ofA.setAtIndex(ValueLayout.JAVA_LONG, i, axes.get(i)[0]);
                ofB.setAtIndex(ValueLayout.JAVA_LONG, i, axes.get(i)[1]);
            }
            MemorySegment result = temporary.allocate(ValueLayout.ADDRESS);
            XnnRuntime.check((int) Xnnpack.CREATE_BINARY.invokeExact(
                    function, Xnnpack.FLOAT, none, none, none, runtime.flags(), result));
            long rank = axes.size();
            return ready(result.get(ValueLayout.ADDRESS, 0), threads, operator -> {
                XnnRuntime.check(
                        (int) Xnnpack.RESHAPE_BINARY.invokeExact(operator, rank, ofA, rank, ofB, threads.pool()));
                XnnRuntime.check((int) Xnnpack.SETUP_BINARY.invokeExact(operator, a.segment(), b.segment(), out));
            });
        } catch (Throwable e) {
            throw XnnRuntime.failed(e);
        }
    }

    /// y = x · scale + shift per channel, with the statistics of training folded into both.
    @Nullable
    Kernel normalized(double epsilon) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        if (!at.isConstantFrom(1) || x.dim() < 2) {
            return null;
        }
        for (int i = 0; i <= 4; i++) {
            if (!Operands.areFloats(at.in(i), y) || (i > 0 && at.in(i).numel() != x.size(1))) {
                return null;
            }
        }
        Strided[] factors = factors(HostTransfer.floats(at.in(1)), HostTransfer.floats(at.in(2)), epsilon);
        Strided out = Strided.of(y);
        Kernel scaled = binary(Xnnpack.MULTIPLY, new Operand(Strided.of(x), false), new Operand(factors[0], true), out);
        if (scaled == null) {
            return null;
        }
        Kernel shifted = null;
        try {
            shifted = binary(Xnnpack.ADD, new Operand(out, false), new Operand(factors[1], true), out);
        } finally {
            if (shifted == null) {
                scaled.close();
            }
        }
        return shifted == null ? null : scaled.then(shifted);
    }

    private Strided[] factors(float[] scale, float[] bias, double epsilon) {
        float[] mean = HostTransfer.floats(at.in(3));
        float[] variance = HostTransfer.floats(at.in(4));
        long[] sizes = Window.filled((int) at.in(0).dim() - 1, 1);
        sizes[0] = scale.length;
        MemorySegment factors = at.memory().apply(2L * Float.BYTES * scale.length);
        for (int c = 0; c < scale.length; c++) {
            double factor = scale[c] / Math.sqrt(variance[c] + epsilon);
            factors.setAtIndex(ValueLayout.JAVA_FLOAT, c, (float) factor);
            factors.setAtIndex(ValueLayout.JAVA_FLOAT, scale.length + c, (float) (bias[c] - mean[c] * factor));
        }
        long second = factors.address() + (long) Float.BYTES * scale.length;
        return new Strided[] {
            Strided.dense(factors.address(), sizes, Float.BYTES), Strided.dense(second, sizes, Float.BYTES)
        };
    }
}
