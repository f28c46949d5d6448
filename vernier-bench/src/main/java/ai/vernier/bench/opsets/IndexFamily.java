package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.stream.LongStream;

/// Reading and writing by index.
final class IndexFamily {
    private IndexFamily() {}

    static void register(Operators operators) {
        operators.add("Gather", "7 11 13", (sketch, draw) -> {
            long[] dims = filled(draw, 1, 4);
            long axis = axis(sketch, draw, dims.length);
            long size = dims[(int) Math.floorMod(axis, (long) dims.length)];
            if (axis != 0 || draw.chance(0.5)) {
                sketch.set("axis", axis);
            }
            long low = sketch.since(11) ? -size : 0;
            sketch.in(draw.tensor(Types.any(draw), dims))
                    .parameter(draw.integers(Types.index(draw), low, size - 1, draw.shape(0, 3)));
        });
        operators.add("GatherElements", "11 13", (sketch, draw) -> {
            long[] dims = filled(draw, 1, 4);
            long axis = draw.axis(dims.length);
            int at = (int) Math.floorMod(axis, (long) dims.length);
            long[] taken = within(draw, dims, at);
            sketch.set("axis", axis)
                    .in(draw.tensor(Types.any(draw), dims))
                    .parameter(draw.integers(Types.index(draw), -dims[at], dims[at] - 1, taken));
        });
        operators.add("GatherND", "11 12 13", IndexFamily::gatherNd);
        for (String type : new String[] {"Scatter", "ScatterElements"}) {
            operators.add(type, type.equals("Scatter") ? "9" : "11 13 16 18", IndexFamily::scatterElements);
        }
        operators.add("ScatterND", "11 13 16 18", IndexFamily::scatterNd);
        operators.add("Compress", "9 11", (sketch, draw) -> {
            long[] dims = filled(draw, 1, 4);
            long size = TensorData.elementCount(dims);
            if (draw.chance(0.7)) {
                long axis = axis(sketch, draw, dims.length);
                sketch.set("axis", axis);
                size = dims[(int) Math.floorMod(axis, (long) dims.length)];
            }
            sketch.in(draw.tensor(Types.any(draw), dims))
                    .parameter(draw.integers(DataType.BOOL, 0, 1, draw.between(1, (int) size)));
        });
        operators.add("ReverseSequence", "10", (sketch, draw) -> {
            long[] dims = filled(draw, 2, 4);
            boolean timeFirst = draw.chance(0.5);
            if (!timeFirst || draw.chance(0.5)) {
                sketch.set("time_axis", timeFirst ? 0 : 1).set("batch_axis", timeFirst ? 1 : 0);
            }
            long time = dims[timeFirst ? 0 : 1];
            sketch.in(draw.tensor(Types.any(draw), dims))
                    .parameter(draw.integers(DataType.INT64, 1, time, dims[timeFirst ? 1 : 0]));
        });
        operators.add("NonZero", "9 13", (sketch, draw) -> {
            DataType type = draw.of(DataType.FLOAT, DataType.INT32, DataType.INT64, DataType.BOOL, DataType.UINT8);
            long[] dims = draw.shape(1, 4); // of a scalar ONNX Runtime gives one row, the specification none
            sketch.in(type.isFloatingPoint() ? draw.wild(type, dims) : draw.integers(type, 0, 1, dims));
        });
        operators.add("Unique", "11", (sketch, draw) -> {
            long[] dims = filled(draw, 1, 3);
            if (draw.chance(0.5)) {
                sketch.set("axis", draw.axis(dims.length));
            }
            DataType type = draw.of(DataType.FLOAT, DataType.INT64, DataType.INT8, DataType.DOUBLE);
            double[] values = new double[(int) TensorData.elementCount(dims)];
            Arrays.setAll(values, _ -> draw.between(0, 2));
            sketch.flag("sorted", draw.chance(0.5), true)
                    .in(type.isFloatingPoint() ? Numbers.reals(type, values, dims) : draw.integers(type, 0, 2, dims))
                    .outputs(true, draw.chance(0.7), draw.chance(0.7), draw.chance(0.7));
        });
        operators.add("TensorScatter", "24", IndexFamily::tensorScatter);
    }

    private static long axis(Sketch sketch, Draw draw, int rank) {
        return sketch.since(11) ? draw.axis(rank) : draw.between(0, rank - 1);
    }

    private static long[] filled(Draw draw, int low, int high) {
        return LongStream.of(draw.shape(low, high))
                .map(size -> Math.max(1, size))
                .toArray();
    }

    /// A shape no larger than `dims` but, where indices may repeat, along `free`.
    private static long[] within(Draw draw, long[] dims, int free) {
        long[] taken = dims.clone();
        for (int i = 0; i < taken.length; i++) {
            taken[i] = i == free ? draw.between(1, 5) : draw.between(1, (int) dims[i]);
        }
        return taken;
    }

    private static void gatherNd(Sketch sketch, Draw draw) {
        long[] dims = filled(draw, 1, 4);
        int batches = sketch.since(12) && dims.length > 1 ? draw.between(0, dims.length - 1) : 0;
        int depth = draw.between(1, dims.length - batches);
        if (batches > 0 || (sketch.since(12) && draw.chance(0.5))) {
            sketch.set("batch_dims", batches);
        }
        long[] shape = LongStream.concat(
                        Arrays.stream(dims, 0, batches),
                        LongStream.concat(Arrays.stream(filled(draw, 0, 2)), LongStream.of(depth)))
                .toArray();
        sketch.in(draw.tensor(Types.any(draw), dims)).parameter(tuples(draw, shape, dims, batches));
    }

    /// Index tuples along the last axis of `shape`, each within its axis of `dims`.
    private static TensorData tuples(Draw draw, long[] shape, long[] dims, int from) {
        long[] values = new long[(int) TensorData.elementCount(shape)];
        int depth = (int) shape[shape.length - 1];
        for (int i = 0; i < values.length; i++) {
            long size = dims[from + i % depth];
            values[i] = draw.between((int) -size, (int) size - 1);
        }
        return TensorData.ofLongs(values, shape);
    }

    private static String reduction(Sketch sketch, Draw draw) {
        String reduction = !sketch.since(16)
                ? "none"
                : sketch.since(18) ? draw.of("none", "add", "mul", "max", "min") : draw.of("none", "add", "mul");
        if (!reduction.equals("none") || (sketch.since(16) && draw.chance(0.3))) {
            sketch.set("reduction", reduction);
        }
        return reduction;
    }

    private static void scatterElements(Sketch sketch, Draw draw) {
        long[] dims = filled(draw, 1, 4);
        long axis = axis(sketch, draw, dims.length);
        int at = (int) Math.floorMod(axis, (long) dims.length);
        boolean replaces = reduction(sketch, draw).equals("none");
        long[] taken = within(draw, dims, at);
        taken[at] = replaces ? 1 : taken[at]; // which of several equal indices wins is not defined
        DataType type = replaces ? Types.any(draw) : Types.numeric(draw);
        sketch.set("axis", axis)
                .in(draw.tensor(type, dims))
                .parameter(draw.integers(Types.index(draw), sketch.since(11) ? -dims[at] : 0, dims[at] - 1, taken))
                .in(draw.tensor(type, taken))
                .slack(4);
    }

    private static void scatterNd(Sketch sketch, Draw draw) {
        long[] dims = filled(draw, 1, 4);
        int depth = draw.between(1, dims.length);
        boolean replaces = reduction(sketch, draw).equals("none");
        long[] outer = replaces ? new long[] {1} : filled(draw, 1, 2);
        long[] shape =
                LongStream.concat(LongStream.of(outer), LongStream.of(depth)).toArray();
        long[] updates = LongStream.concat(LongStream.of(outer), Arrays.stream(dims, depth, dims.length))
                .toArray();
        DataType type = replaces ? Types.any(draw) : Types.numeric(draw);
        sketch.in(draw.tensor(type, dims))
                .parameter(tuples(draw, shape, dims, 0))
                .in(draw.tensor(type, updates))
                .slack(4);
    }

    private static void tensorScatter(Sketch sketch, Draw draw) {
        boolean circular = draw.chance(0.5);
        long[] dims = filled(draw, 3, 4);
        int axis = draw.between(1, dims.length - 1);
        long[] update = dims.clone();
        update[axis] = draw.between(1, (int) dims[axis]);
        long free = dims[axis] - update[axis];
        if (axis != dims.length - 2 || draw.chance(0.5)) {
            sketch.set("axis", draw.chance(0.5) ? axis : axis - dims.length);
        }
        sketch.set("mode", circular ? "circular" : "linear");
        DataType type = Types.any(draw);
        sketch.in(draw.tensor(type, dims)).in(draw.tensor(type, update));
        if (draw.chance(0.7)) {
            sketch.parameter(draw.integers(DataType.INT64, 0, circular ? dims[axis] - 1 : free, dims[0]));
        }
    }
}
