package ai.vernier.data;

import ai.vernier.onnx.TensorData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Brings the elements of an array file into the layout of tensors: row-major and little-endian.
final class NpyElements {
    private static final long MAX_HEAP = 1 << 30;

    private NpyElements() {}

    /// Rows `first` … `first + count − 1` of the array whose bytes are `data`, as fresh bytes.
    ///
    /// @param data all elements of the file, or for an array in C order only those rows
    static TensorData rows(NpyHeader header, MemorySegment data, long first, int count) {
        long[] dims = header.sizes();
        dims[0] = count;
        long bytes = TensorData.elementCount(dims) * header.elementBytes();
        MemorySegment rows = allocate(bytes);
        if (header.fortranOrder()) {
            gather(header, data, rows, first, dims);
        } else {
            MemorySegment.copy(data, 0, rows, 0, bytes);
        }
        if (header.order() == ByteOrder.BIG_ENDIAN) {
            swap(rows, header.elementBytes());
        }
        return TensorData.ofBytes(header.dataType(), rows, dims);
    }

    /// The whole array; `data` itself where its bytes are already those of a tensor.
    static TensorData all(NpyHeader header, MemorySegment data) {
        if (header.isPlain()) {
            return TensorData.ofBytes(header.dataType(), data, header.sizes());
        }
        long[] dims = header.sizes();
        if (dims.length == 0) {
            return rows(header.asOneRow(), data, 0, 1).reshaped(dims);
        }
        return rows(header, data, 0, Math.toIntExact(dims[0]));
    }

    private static MemorySegment allocate(long bytes) {
        return bytes <= MAX_HEAP
                ? MemorySegment.ofArray(new byte[(int) bytes])
                : Arena.ofAuto().allocate(bytes, Long.BYTES);
    }

    /// Element (i₀, i₁, …) of an array in Fortran order stands at i₀ + d₀·(i₁ + d₁·(i₂ + …)).
    private static void gather(NpyHeader header, MemorySegment data, MemorySegment rows, long first, long[] dims) {
        long[] strides = strides(header.sizes());
        long[] index = new long[dims.length];
        int width = header.elementBytes();
        long source = first;
        for (long target = 0; target < rows.byteSize(); target += width) {
            MemorySegment.copy(data, source * width, rows, target, width);
            source += advance(index, dims, strides);
        }
    }

    private static long[] strides(long[] dims) {
        long[] strides = new long[dims.length];
        long stride = 1;
        for (int axis = 0; axis < dims.length; axis++) {
            strides[axis] = stride;
            stride *= dims[axis];
        }
        return strides;
    }

    /// Moves `index` to the next element in C order; returns how far the source position moves.
    private static long advance(long[] index, long[] dims, long[] strides) {
        long moved = 0;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            index[axis]++;
            moved += strides[axis];
            if (index[axis] < dims[axis]) {
                return moved;
            }
            moved -= strides[axis] * dims[axis];
            index[axis] = 0;
        }
        return moved;
    }

    private static void swap(MemorySegment bytes, int width) {
        switch (width) {
            case 2 -> copySwapped(bytes, ValueLayout.JAVA_SHORT_UNALIGNED);
            case 4 -> copySwapped(bytes, ValueLayout.JAVA_INT_UNALIGNED);
            case 8 -> copySwapped(bytes, ValueLayout.JAVA_LONG_UNALIGNED);
            default -> {}
        }
    }

    private static void copySwapped(MemorySegment bytes, ValueLayout layout) {
        ValueLayout big = layout.withOrder(ByteOrder.BIG_ENDIAN);
        ValueLayout little = layout.withOrder(ByteOrder.LITTLE_ENDIAN);
        MemorySegment.copy(bytes, big, 0, bytes, little, 0, bytes.byteSize() / layout.byteSize());
    }
}
