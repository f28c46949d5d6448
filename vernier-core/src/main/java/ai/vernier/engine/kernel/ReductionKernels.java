package ai.vernier.engine.kernel;

import ai.vernier.engine.op.NodeView;
import ai.vernier.engine.op.Operands;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.engine.tensor.Strided;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Sums and means of small tensors over neighbouring axes, in double.
public final class ReductionKernels {
    /// Beyond, LibTorch's vector loops are worth their call.
    private static final long MAX_ELEMENTS = 1 << 14;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private ReductionKernels() {}

    /// Over the axes that `node` names, or all.
    static @Nullable Kernel along(NodeView node, Operands at, boolean mean) {
        if (!at.isConstantFrom(1)) {
            return null;
        }
        boolean stated = node.has("axes"); // counts more than an input, as for the operator itself
        long[] given = stated ? null : at.longs(1);
        long[] named = given == null ? node.integers("axes") : given;
        int rank = (int) at.in(0).dim();
        boolean all = named.length == 0;
        if (rank == 0 || (!stated && at.has(1) && given == null) || (all && node.flag("noop_with_empty_axes", false))) {
            return null;
        }
        LongStream axes =
                all ? LongStream.range(0, rank) : Arrays.stream(named).map(axis -> axis < 0 ? axis + rank : axis);
        return over(at, axes.sorted().toArray(), mean);
    }

    /// The means of all elements of each channel.
    static @Nullable Kernel spatialMeans(Operands at) {
        return over(at, LongStream.range(2, at.in(0).dim()).toArray(), true);
    }

    /// The axes are taken in the order of memory where the axes that stay have that order too, so that channels-last
    /// inputs need no copy.
    private static @Nullable Kernel over(Operands at, long[] axes, boolean mean) {
        Tensor x = at.in(0);
        Tensor y = at.out()[0];
        if (!Operands.areFloats(x, y) || axes.length == 0 || x.numel() > MAX_ELEMENTS || !isRowMajor(y)) {
            return null;
        }
        Strided from = Strided.of(x);
        int[] order = from.memoryOrder();
        int[] kept = Arrays.stream(order)
                .filter(axis -> Arrays.binarySearch(axes, axis) < 0 && from.sizes()[axis] > 1)
                .toArray();
        boolean sorted = Arrays.equals(kept, Arrays.stream(kept).sorted().toArray());
        int[] taken = sorted ? order : IntStream.range(0, from.rank()).toArray();
        Strided ordered = from.permuted(taken);
        int[] places = IntStream.range(0, taken.length)
                .filter(i -> Arrays.binarySearch(axes, taken[i]) >= 0 && ordered.sizes()[i] > 1)
                .toArray();
        int first = places.length == 0 ? 0 : places[0];
        int end = places.length == 0 ? 0 : places[places.length - 1] + 1;
        boolean adjacent = IntStream.range(first, end)
                .allMatch(i -> ordered.sizes()[i] == 1 || Arrays.binarySearch(axes, taken[i]) >= 0);
        Optional<Arranged> operand = adjacent ? Arranged.of(ordered, false, at.memory()) : Optional.empty();
        return operand.map(found -> found.before(new Reduction(
                        segment(found.operand().address(), x.numel()),
                        segment(y.data_ptr().address(), y.numel()),
                        extent(ordered, 0, first),
                        extent(ordered, first, end),
                        extent(ordered, end, ordered.rank()),
                        mean)))
                .orElse(null);
    }

    private static boolean isRowMajor(Tensor tensor) {
        return Strided.of(tensor).isRowMajor();
    }

    private static int extent(Strided x, int from, int to) {
        return (int) Arrays.stream(x.sizes(), from, to).reduce(1, (a, b) -> a * b);
    }

    @SuppressWarnings("restricted") // the tensor vouches for the address and the size
    static MemorySegment segment(long address, long elements) {
        return MemorySegment.ofAddress(address).reinterpret(elements * Float.BYTES);
    }

    /// Reduces the middle one of three axes.
    private record Reduction(MemorySegment x, MemorySegment y, int outer, int count, int inner, boolean mean)
            implements Kernel {
        @Override
        public void run() {
            if (inner == 1) {
                for (int row = 0; row < outer; row++) {
                    y.setAtIndex(FLOAT, row, (float) (mean ? sum(row * count) / count : sum(row * count)));
                }
                return;
            }
            double[] sums = new double[inner];
            for (int row = 0; row < outer; row++) {
                columns(row, sums);
            }
        }

        /// Four sums at a time, because each addition waits for the one before.
        private double sum(int start) {
            double a = 0;
            double b = 0;
            double c = 0;
            double d = 0;
            int i = start;
            for (; i + 4 <= start + count; i += 4) {
                a += x.getAtIndex(FLOAT, i);
                b += x.getAtIndex(FLOAT, i + 1);
                c += x.getAtIndex(FLOAT, i + 2);
                d += x.getAtIndex(FLOAT, i + 3);
            }
            for (; i < start + count; i++) {
                a += x.getAtIndex(FLOAT, i);
            }
            return a + b + (c + d);
        }

        private void columns(int row, double[] sums) {
            Arrays.fill(sums, 0);
            for (int k = 0; k < count; k++) {
                int start = (row * count + k) * inner;
                for (int i = 0; i < inner; i++) {
                    sums[i] += x.getAtIndex(FLOAT, start + i);
                }
            }
            double divisor = mean ? count : 1;
            for (int i = 0; i < inner; i++) {
                y.setAtIndex(FLOAT, row * inner + i, (float) (sums[i] / divisor));
            }
        }
    }
}
