package ai.vernier.engine.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/// Where the elements of a tensor lie.
///
/// @param address of the first element
/// @param sizes extents of the axes
/// @param strides in elements
/// @param width bytes of an element
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Strided(long address, long[] sizes, long[] strides, int width) {
    public static Strided of(Tensor tensor) {
        int rank = (int) tensor.dim();
        long[] strides = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            strides[axis] = tensor.stride(axis);
        }
        return new Strided(
                tensor.data_ptr().address(), HostTransfer.sizes(tensor), strides, (int) tensor.element_size());
    }

    /// Row-major elements at `address`.
    public static Strided dense(long address, long[] sizes, int width) {
        return new Strided(address, sizes, rowMajor(sizes), width);
    }

    static long[] rowMajor(long[] sizes) {
        long[] strides = new long[sizes.length];
        long step = 1;
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            strides[axis] = step;
            step *= sizes[axis];
        }
        return strides;
    }

    public int rank() {
        return sizes.length;
    }

    public long elements() {
        return Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
    }

    public MemorySegment segment() {
        return MemorySegment.ofAddress(address);
    }

    /// Whether the elements lie one behind the other in the order of the axes.
    public boolean isRowMajor() {
        long step = 1;
        for (int axis = rank() - 1; axis >= 0; axis--) {
            if (sizes[axis] != 1 && strides[axis] != step) {
                return false;
            }
            step *= sizes[axis];
        }
        return true;
    }

    /// The elements `from` to `from + count` along `axis`.
    ///
    /// @throws IndexOutOfBoundsException where the axis is shorter
    public Strided narrowed(int axis, long from, long count) {
        Objects.checkFromIndexSize(from, count, sizes[axis]);
        long[] narrow = sizes.clone();
        narrow[axis] = count;
        return new Strided(address + from * strides[axis] * width, narrow, strides, width);
    }

    /// `count` elements along `axis`, from `last` down.
    public Strided backwards(int axis, long last, long count) {
        Strided forwards = narrowed(axis, last - count + 1, count);
        long[] steps = strides.clone();
        steps[axis] = -steps[axis];
        return new Strided(address + last * strides[axis] * width, forwards.sizes, steps, width);
    }

    /// The axes in the order `order`.
    public Strided permuted(int[] order) {
        return new Strided(
                address,
                Arrays.stream(order).mapToLong(axis -> sizes[axis]).toArray(),
                Arrays.stream(order).mapToLong(axis -> strides[axis]).toArray(),
                width);
    }

    /// The same elements with `rank` axes, those in front of extent 1; an axis that repeats one element has extent 1.
    public Strided lifted(int rank) {
        long[] extents = new long[rank];
        long[] steps = new long[rank];
        Arrays.fill(extents, 1);
        for (int axis = 0; axis < rank(); axis++) {
            boolean repeats = strides[axis] == 0;
            extents[axis + rank - rank()] = repeats ? 1 : sizes[axis];
            steps[axis + rank - rank()] = strides[axis];
        }
        return new Strided(address, extents, steps, width);
    }

    /// The same elements with their one along `axis` repeated `count` times.
    public Strided repeated(int axis, long count) {
        long[] extents = sizes.clone();
        long[] steps = strides.clone();
        extents[axis] = count;
        steps[axis] = 0;
        return new Strided(address, extents, steps, width);
    }

    /// The axes from the widest step to the narrowest.
    public int[] memoryOrder() {
        return IntStream.range(0, rank())
                .boxed()
                .sorted(Comparator.comparingLong((Integer axis) -> -strides[axis])
                        .thenComparingLong(axis -> -sizes[axis]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /// Row-major strides in the order `order` of the axes.
    static Strided inOrder(long address, long[] sizes, int[] order) {
        long[] strides = new long[sizes.length];
        long step = 1;
        for (int i = order.length - 1; i >= 0; i--) {
            strides[order[i]] = step;
            step *= sizes[order[i]];
        }
        return new Strided(address, sizes, strides, Float.BYTES);
    }
}
