package ai.vernier.engine.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Copies elements from one arrangement in memory to another, row by row, the rows found once and for all.
///
/// @param from addresses of the rows' first elements
/// @param to where they go
/// @param count elements of a row
/// @param fromStep bytes between two elements of a row
/// @param toStep bytes between two of their destinations
/// @param width bytes of an element, 4 or 8 unless rows are solid
@SuppressWarnings("ArrayRecordComponent") // never compared
public record RowCopy(long[] from, long[] to, long count, long fromStep, long toStep, int width) implements Kernel {
    /// More rows than these are not worth their addresses.
    public static final long MAX_ROWS = 1 << 14;

    /// Below this length a loop is faster than the call that copies memory.
    private static final long SHORT_ROW = 8;

    private static final MemorySegment ALL = all();

    @SuppressWarnings("restricted") // the tensors vouch for their addresses
    private static MemorySegment all() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    /// The kernel that copies `from` to `to`, of the same sizes and element width; empty where the rows would be too
    /// many or elements neither of 4 nor of 8 bytes are spread.
    ///
    /// @throws IllegalArgumentException where sizes or widths differ: the copy would leave the tensors
    public static Optional<RowCopy> of(Strided from, Strided to) {
        if (!Arrays.equals(from.sizes(), to.sizes()) || from.width() != to.width()) {
            throw new IllegalArgumentException("no copy of %s elements of %d bytes to %s of %d"
                    .formatted(Arrays.toString(from.sizes()), from.width(), Arrays.toString(to.sizes()), to.width()));
        }
        List<long[]> axes = merged(from, to); // extent, step of the source, step of the destination, in elements
        long[] row = axes.isEmpty() ? new long[] {1, 1, 1} : axes.removeLast();
        long rows = axes.stream().mapToLong(axis -> axis[0]).reduce(1, (a, b) -> a * b);
        boolean solid = row[1] == 1 && row[2] == 1;
        int width = from.width();
        if (rows > MAX_ROWS || !(solid || width == Integer.BYTES || width == Long.BYTES)) {
            return Optional.empty();
        }
        return Optional.of(new RowCopy(
                starts(from.address(), axes, 1, width),
                starts(to.address(), axes, 2, width),
                row[0],
                row[1] * width,
                row[2] * width,
                width));
    }

    /// The axes in the order of the destination, neighbours joined where both sides allow it.
    private static List<long[]> merged(Strided from, Strided to) {
        List<long[]> axes = new ArrayList<>();
        for (int axis : to.memoryOrder()) {
            long size = to.sizes()[axis];
            if (size == 1) {
                continue;
            }
            long[] last = axes.isEmpty() ? null : axes.getLast();
            if (last != null && last[1] == from.strides()[axis] * size && last[2] == to.strides()[axis] * size) {
                axes.set(axes.size() - 1, new long[] {last[0] * size, from.strides()[axis], to.strides()[axis]});
            } else {
                axes.add(new long[] {size, from.strides()[axis], to.strides()[axis]});
            }
        }
        return axes;
    }

    private static long[] starts(long address, List<long[]> axes, int side, int width) {
        long[] starts = {address};
        for (long[] axis : axes) {
            starts = Arrays.stream(starts)
                    .flatMap(start -> LongStream.range(0, axis[0]).map(i -> start + i * axis[side] * width))
                    .toArray();
        }
        return starts;
    }

    /// Copies solid rows of `bytes` each, those that follow one another on both sides as one.
    public static Kernel joining(long[] from, long[] to, long bytes, int width) {
        List<long[]> runs = new ArrayList<>(); // source, destination, bytes
        for (int i = 0; i < from.length; i++) {
            long[] last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && from[i] == last[0] + last[2] && to[i] == last[1] + last[2]) {
                last[2] += bytes;
            } else {
                runs.add(new long[] {from[i], to[i], bytes});
            }
        }
        Kernel all = () -> {};
        for (int start = 0; start < runs.size(); ) {
            int end = start;
            long length = runs.get(start)[2];
            while (end < runs.size() && runs.get(end)[2] == length) {
                end++;
            }
            List<long[]> alike = runs.subList(start, end);
            Kernel copy = new RowCopy(
                    alike.stream().mapToLong(run -> run[0]).toArray(),
                    alike.stream().mapToLong(run -> run[1]).toArray(),
                    length / width,
                    width,
                    width,
                    width);
            all = start == 0 ? copy : all.then(copy);
            start = end;
        }
        return all;
    }

    /// One kernel for both, where their rows are alike.
    public Optional<RowCopy> joined(RowCopy that) {
        boolean alike = count == that.count
                && fromStep == that.fromStep
                && toStep == that.toStep
                && from.length + that.from.length <= MAX_ROWS;
        return alike
                ? Optional.of(new RowCopy(
                        concatenated(from, that.from), concatenated(to, that.to), count, fromStep, toStep, width))
                : Optional.empty();
    }

    private static long[] concatenated(long[] a, long[] b) {
        return IntStream.range(0, a.length + b.length)
                .mapToLong(i -> i < a.length ? a[i] : b[i - a.length])
                .toArray();
    }

    @Override
    public void run() {
        boolean solid = fromStep == width && toStep == width;
        if (solid && (count >= SHORT_ROW || (width != Integer.BYTES && width != Long.BYTES))) {
            for (int row = 0; row < from.length; row++) {
                MemorySegment.copy(ALL, from[row], ALL, to[row], count * width);
            }
        } else if (width == Integer.BYTES) {
            for (int row = 0; row < from.length; row++) {
                copyInts(from[row], to[row]);
            }
        } else {
            for (int row = 0; row < from.length; row++) {
                copyLongs(from[row], to[row]);
            }
        }
    }

    private void copyInts(long source, long target) {
        for (int i = 0; i < count; i++) {
            ALL.set(
                    ValueLayout.JAVA_INT_UNALIGNED,
                    target + i * toStep,
                    ALL.get(ValueLayout.JAVA_INT_UNALIGNED, source + i * fromStep));
        }
    }

    private void copyLongs(long source, long target) {
        for (int i = 0; i < count; i++) {
            ALL.set(
                    ValueLayout.JAVA_LONG_UNALIGNED,
                    target + i * toStep,
                    ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, source + i * fromStep));
        }
    }
}
