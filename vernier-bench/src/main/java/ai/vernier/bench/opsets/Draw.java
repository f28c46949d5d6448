package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/// A seeded source of sizes, choices and tensors.
final class Draw {
    private static final long[] SIZES = {1, 2, 2, 3, 3, 4, 5, 7};
    private static final double[] SPECIAL = {
        0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1, -1, 0.5, -0.5, 2.5, -1.5, 1e4, -1e4
    };

    private final Random random;

    Draw(long seed) {
        random = new Random(seed);
    }

    /// An integer from `low` to `high`, both included.
    int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    double real(double low, double high) {
        return random.nextDouble(low, high);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    @SafeVarargs
    final <T> T of(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /// One of the extents that tend to matter; rarely 0.
    long size() {
        return chance(0.02) ? 0 : SIZES[random.nextInt(SIZES.length)];
    }

    /// Such an extent, at least 1.
    long some() {
        return SIZES[random.nextInt(SIZES.length)];
    }

    long[] shape(int lowRank, int highRank) {
        long[] dims = new long[between(lowRank, highRank)];
        Arrays.setAll(dims, _ -> size());
        return dims;
    }

    /// `[batch, channels, …]` with `rank` spatial axes, none of them empty.
    long[] image(int rank, int low, int high) {
        long[] dims = new long[rank + 2];
        dims[0] = between(1, 2);
        dims[1] = between(1, 4);
        for (int i = 0; i < rank; i++) {
            dims[i + 2] = between(low, high);
        }
        return dims;
    }

    /// A shape that broadcasts with `dims`: axes left out in front or 1.
    long[] broadcastTo(long[] dims) {
        int from = chance(0.5) ? 0 : between(0, dims.length);
        long[] part = Arrays.copyOfRange(dims, from, dims.length);
        for (int i = 0; i < part.length; i++) {
            part[i] = chance(0.3) ? 1 : part[i];
        }
        return part;
    }

    /// An axis of `rank`, counted from either end.
    long axis(int rank) {
        return between(-rank, rank - 1);
    }

    /// Some distinct axes in any order, counted from either end.
    long[] axes(int rank, boolean negative) {
        return IntStream.range(0, rank)
                .boxed()
                .sorted((a, b) -> random.nextInt(3) - 1 == 0 ? a - b : b - a)
                .filter(_ -> chance(0.5))
                .mapToLong(axis -> negative && chance(0.4) ? axis - rank : axis)
                .toArray();
    }

    long[] permutation(int count) {
        long[] order = IntStream.range(0, count).asLongStream().toArray();
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            long swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }

    /// Small numbers of any type: reals about 0, integers within ±8 where signed.
    TensorData tensor(DataType type, long... dims) {
        if (Numbers.holdsReals(type)) {
            return reals(type, -3, 3, dims);
        }
        if (type.isFloatingPoint()) { // 8 bits: small positive codes
            TensorData codes = integers(DataType.UINT8, 0, 0x40, dims);
            return TensorData.ofBytes(type, codes.bytes(), dims);
        }
        int high = type == DataType.BOOL ? 1 : Math.min(type.bits(), 3) == 2 ? 1 : type.bits() == 4 ? 7 : 9;
        return integers(type, type.isSigned() ? (type.bits() == 2 ? -2 : -8) : 0, high, dims);
    }

    TensorData floats(long... dims) {
        return tensor(DataType.FLOAT, dims);
    }

    TensorData reals(DataType type, double low, double high, long... dims) {
        int count = (int) TensorData.elementCount(dims);
        return Numbers.reals(type, random.doubles(count, low, high).toArray(), dims);
    }

    TensorData integers(DataType type, long low, long high, long... dims) {
        int count = (int) TensorData.elementCount(dims);
        return TensorData.ofIntegers(type, random.longs(count, low, high + 1).toArray(), dims);
    }

    /// Reals of which one in eight is special: zeros, infinities, not a number, halves.
    TensorData wild(DataType type, long... dims) {
        if (!Numbers.holdsReals(type)) {
            return extreme(type, dims);
        }
        double[] values = random.doubles(TensorData.elementCount(dims), -5, 5).toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = chance(0.125) ? SPECIAL[random.nextInt(SPECIAL.length)] : values[i];
        }
        return Numbers.reals(type, values, dims);
    }

    /// Integers over the whole range of their type.
    TensorData extreme(DataType type, long... dims) {
        int count = (int) TensorData.elementCount(dims);
        long low = type.isSigned() ? -1L << (type.bits() - 1) : 0;
        long high = type == DataType.BOOL ? 1 : type.bits() >= 63 ? Long.MAX_VALUE : low + (1L << type.bits()) - 1;
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = chance(0.1)
                    ? low
                    : chance(0.1) ? high : high == Long.MAX_VALUE ? random.nextLong() : random.nextLong(low, high + 1);
        }
        return TensorData.ofIntegers(type, values, dims);
    }

    /// Integers over the whole range of their type, small reals.
    TensorData extremeOrTame(DataType type, long... dims) {
        return type.isFloatingPoint() ? tensor(type, dims) : extreme(type, dims);
    }

    static TensorData longs(long... values) {
        return TensorData.ofLongs(values, values.length);
    }

    static TensorData scalar(long value) {
        return TensorData.ofLongs(new long[] {value});
    }

    static TensorData scalar(float value) {
        return TensorData.ofFloats(new float[] {value});
    }

    Random random() {
        return random;
    }
}
