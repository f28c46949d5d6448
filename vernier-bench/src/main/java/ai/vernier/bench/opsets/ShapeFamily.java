package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.stream.LongStream;

/// Operators that move elements without looking at them.
final class ShapeFamily {
    private static final String LAYOUT = "7 13 21 23 24 25";

    private ShapeFamily() {}

    static void register(Operators operators) {
        operators.add("Reshape", "7 13 14 19 21 23 24 25", ShapeFamily::reshape);
        operators.add("Flatten", "7 9 11 13 21 23 24 25", (sketch, draw) -> {
            long[] dims = draw.shape(1, 4);
            long axis = sketch.since(11) ? draw.between(-dims.length, dims.length) : draw.between(0, dims.length);
            if (axis != 1 || draw.chance(0.5)) {
                sketch.set("axis", axis);
            }
            sketch.in(draw.tensor(sketch.since(9) ? Types.any(draw) : Types.floating(draw), dims));
        });
        operators.add("Transpose", LAYOUT, (sketch, draw) -> {
            long[] dims = draw.shape(0, 5);
            if (draw.chance(0.8)) {
                sketch.setInts("perm", draw.permutation(dims.length));
            }
            sketch.in(draw.tensor(Types.any(draw), dims));
        });
        squeezing(operators);
        joining(operators);
        operators.add("Slice", "7 10 11 13", ShapeFamily::slice);
        operators.add("Expand", "8 13", (sketch, draw) -> {
            long[] dims = draw.shape(0, 4);
            sketch.in(draw.tensor(Types.any(draw), draw.broadcastTo(dims)));
            sketch.parameter(Draw.longs(draw.chance(0.3) ? draw.broadcastTo(dims) : dims));
        });
        operators.add("Tile", "7 13", (sketch, draw) -> {
            long[] dims = draw.shape(1, 4);
            long[] repeats = LongStream.generate(() -> draw.between(draw.chance(0.05) ? 0 : 1, 3))
                    .limit(dims.length)
                    .toArray();
            sketch.in(draw.tensor(Types.any(draw), dims)).parameter(Draw.longs(repeats));
        });
        blocks(operators);
        operators.add("Pad", "7 11 13 18 19 21 23 24 25", ShapeFamily::pad);
        operators.add("Trilu", "14", (sketch, draw) -> {
            sketch.flag("upper", draw.chance(0.5), true).in(draw.tensor(Types.any(draw), draw.shape(2, 4)));
            if (draw.chance(0.6)) {
                sketch.parameter(TensorData.ofLongs(new long[] {draw.between(-6, 6)}));
            }
        });
        operators.add("CenterCropPad", "18", (sketch, draw) -> {
            long[] dims = LongStream.of(draw.shape(1, 4))
                    .map(size -> Math.max(1, size))
                    .toArray();
            boolean some = draw.chance(0.5);
            long[] axes = some ? draw.axes(dims.length, true) : new long[dims.length];
            if (some && axes.length == 0) {
                axes = new long[] {-1};
            }
            if (some) {
                sketch.setInts("axes", axes);
            }
            sketch.in(draw.tensor(Types.any(draw), dims)).parameter(draw.integers(DataType.INT64, 1, 8, axes.length));
        });
    }

    private static void reshape(Sketch sketch, Draw draw) {
        long[] dims = draw.shape(0, 4);
        long count = TensorData.elementCount(dims);
        long[] asked = draw.chance(0.4) ? new long[] {count} : dims.clone();
        if (draw.chance(0.3) && dims.length > 1) {
            asked = LongStream.concat(LongStream.of(dims[0] * dims[1]), Arrays.stream(dims, 2, dims.length))
                    .toArray();
        }
        if (count > 0 && asked.length > 0 && draw.chance(0.5)) {
            asked[draw.between(0, asked.length - 1)] = -1;
        }
        boolean allowZero = sketch.since(14) && draw.chance(0.3);
        if (!allowZero) {
            for (int i = 0; i < asked.length; i++) {
                boolean same = i < dims.length && asked[i] == dims[i];
                asked[i] = same && draw.chance(0.3) ? 0 : asked[i];
            }
        }
        if (sketch.since(14)) {
            sketch.flag("allowzero", allowZero, false);
        }
        sketch.in(draw.tensor(Types.any(draw), dims)).parameter(Draw.longs(asked));
    }

    /// Axes are an attribute, from opset 13 on an input.
    private static void squeezing(Operators operators) {
        operators.add("Squeeze", "7 11 13 21 23 24 25", (sketch, draw) -> {
            long[] dims = draw.shape(1, 5);
            for (int i = 0; i < dims.length; i++) {
                dims[i] = draw.chance(0.5) ? 1 : dims[i];
            }
            long[] axes = Arrays.stream(draw.axes(dims.length, sketch.since(11)))
                    .filter(axis -> dims[(int) (axis < 0 ? axis + dims.length : axis)] == 1)
                    .toArray();
            sketch.in(draw.tensor(Types.any(draw), dims));
            axes(sketch, axes, axes.length > 0);
        });
        operators.add("Unsqueeze", "7 11 13 21 23 24 25", (sketch, draw) -> {
            long[] dims = draw.shape(0, 3);
            int added = draw.between(1, 3);
            int rank = dims.length + added;
            long[] axes = Arrays.stream(Arrays.copyOf(draw.permutation(rank), added))
                    .map(axis -> sketch.since(11) && draw.chance(0.4) ? axis - rank : axis)
                    .toArray();
            sketch.in(draw.tensor(Types.any(draw), dims));
            axes(sketch, axes, true);
        });
    }

    private static void axes(Sketch sketch, long[] axes, boolean stated) {
        if (stated && sketch.since(13)) {
            sketch.parameter(Draw.longs(axes));
        } else if (stated) {
            sketch.setInts("axes", axes);
        }
    }

    private static void joining(Operators operators) {
        operators.add("Concat", "7 11 13", (sketch, draw) -> {
            long[] dims = draw.shape(1, 4);
            long axis = sketch.since(11) ? draw.axis(dims.length) : draw.between(0, dims.length - 1);
            sketch.set("axis", axis);
            DataType type = Types.any(draw);
            int count = draw.between(1, 4);
            for (int i = 0; i < count; i++) {
                dims[(int) (axis < 0 ? axis + dims.length : axis)] = draw.size();
                sketch.in(draw.tensor(type, dims));
            }
        });
        operators.add("Split", "7 11 13 18", (sketch, draw) -> {
            long[] dims = draw.shape(1, 4);
            long axis = sketch.since(11) ? draw.axis(dims.length) : draw.between(0, dims.length - 1);
            int at = (int) (axis < 0 ? axis + dims.length : axis);
            int parts = draw.between(1, 4);
            boolean even = draw.chance(0.5);
            long[] sizes = LongStream.generate(draw::some).limit(parts).toArray();
            dims[at] = even ? parts * draw.some() : LongStream.of(sizes).sum();
            if (even && sketch.since(18) && draw.chance(0.5) && parts > 1) {
                dims[at] = (parts - 1) * 3L + draw.between(1, 3); // the last part may be smaller
            }
            if (axis != 0 || draw.chance(0.5)) {
                sketch.set("axis", axis);
            }
            sketch.in(draw.tensor(Types.any(draw), dims));
            boolean[] all = new boolean[parts];
            Arrays.fill(all, true);
            sketch.outputs(all);
            if (!even && sketch.since(13)) {
                sketch.parameter(Draw.longs(sizes));
            } else if (!even) {
                sketch.setInts("split", sizes);
            } else if (sketch.since(18)) {
                sketch.set("num_outputs", parts);
            }
        });
    }

    private static void slice(Sketch sketch, Draw draw) {
        long[] dims = draw.shape(1, 4);
        boolean someAxes = draw.chance(0.7);
        long[] axes = someAxes
                ? draw.axes(dims.length, sketch.since(10))
                : LongStream.range(0, dims.length).toArray();
        if (axes.length == 0) {
            axes = new long[] {dims.length - 1};
            someAxes = true;
        }
        int count = axes.length;
        long[] starts = LongStream.generate(() -> draw.chance(0.5) ? draw.between(-3, 2) : bound(draw))
                .limit(count)
                .toArray();
        long[] ends = LongStream.generate(() -> draw.chance(0.6) ? draw.of(3L, 5L, 1000L, Long.MAX_VALUE) : bound(draw))
                .limit(count)
                .toArray();
        if (!sketch.since(10)) {
            sketch.setInts("starts", starts).setInts("ends", ends).in(draw.tensor(Types.any(draw), dims));
            if (someAxes) {
                sketch.setInts("axes", axes);
            }
            return;
        }
        DataType index = Types.index(draw);
        sketch.in(draw.tensor(Types.any(draw), dims))
                .parameter(clipped(index, starts))
                .parameter(clipped(index, ends));
        boolean steps = draw.chance(0.6);
        boolean endless = LongStream.of(ends).anyMatch(end -> end == Long.MAX_VALUE);
        if (someAxes) {
            sketch.parameter(clipped(index, axes));
        } else if (steps) {
            sketch.absent();
        }
        if (steps) {
            // ONNX Runtime takes the largest end for "to the end" in either direction.
            sketch.parameter(clipped(
                    index,
                    LongStream.generate(() -> endless ? draw.of(1L, 2L) : draw.of(1L, 2L, 3L, -1L, -2L, -5L))
                            .limit(count)
                            .toArray()));
        }
    }

    private static TensorData clipped(DataType type, long[] values) {
        long[] fitting = type == DataType.INT64
                ? values
                : LongStream.of(values)
                        .map(value -> Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE))
                        .toArray();
        return TensorData.ofIntegers(type, fitting, values.length);
    }

    private static long bound(Draw draw) {
        return draw.chance(0.1) ? draw.of(Long.MAX_VALUE, Long.MIN_VALUE + 1, 1000L, -1000L) : draw.between(-8, 8);
    }

    private static void blocks(Operators operators) {
        operators.add("DepthToSpace", "7 11 13", (sketch, draw) -> {
            int block = draw.between(1, 3);
            sketch.set("blocksize", block);
            if (sketch.since(11) && draw.chance(0.7)) {
                sketch.set("mode", draw.of("DCR", "CRD"));
            }
            DataType type = draw.of(DataType.FLOAT, DataType.FLOAT, DataType.DOUBLE);
            sketch.in(draw.tensor(
                    type, draw.between(1, 2), (long) block * block * draw.between(1, 3), draw.some(), draw.some()));
        });
        operators.add("SpaceToDepth", "7 13", (sketch, draw) -> {
            int block = draw.between(1, 3);
            sketch.set("blocksize", block);
            DataType type = draw.of(DataType.FLOAT, DataType.FLOAT, DataType.DOUBLE);
            sketch.in(draw.tensor(type, draw.between(1, 2), draw.some(), block * draw.some(), block * draw.some()));
        });
    }

    /// Pads are an attribute, from opset 11 on an input; axes come with 18, wrapping with 19.
    private static void pad(Sketch sketch, Draw draw) {
        long[] dims = draw.shape(1, 4);
        String mode = sketch.since(19)
                ? draw.of("constant", "reflect", "edge", "wrap")
                : draw.of("constant", "reflect", "edge");
        if (!mode.equals("constant") || draw.chance(0.5)) {
            sketch.set("mode", mode);
        }
        boolean someAxes = sketch.since(18) && draw.chance(0.4);
        long[] axes = someAxes
                ? draw.axes(dims.length, true)
                : LongStream.range(0, dims.length).toArray();
        long[] pads = new long[2 * axes.length];
        for (int i = 0; i < pads.length; i++) {
            long size = dims[(int) Math.floorMod(axes[i % axes.length], (long) dims.length)];
            long most = mode.equals("reflect")
                    ? Math.max(0, size - 1)
                    : mode.equals("wrap") ? size : size == 0 && mode.equals("edge") ? 0 : 3; // ONNX Runtime wraps once
            long least = size >= 4 && draw.chance(0.2) ? -1 : 0;
            pads[i] = draw.between((int) least, (int) Math.min(most, 3));
        }
        if (!sketch.since(11)) {
            sketch.setInts("pads", pads).in(draw.tensor(Types.floating(draw), dims));
            if (draw.chance(0.5)) {
                sketch.set("value", draw.real(-2, 2));
            }
            return;
        }
        DataType type = sketch.since(13) ? Types.any(draw) : Types.numeric(draw);
        sketch.in(draw.tensor(type, dims)).parameter(Draw.longs(pads));
        boolean value = mode.equals("constant") && draw.chance(0.6);
        if (value) {
            sketch.parameter(draw.tensor(type));
        } else if (someAxes) {
            sketch.absent();
        }
        if (someAxes) {
            sketch.parameter(Draw.longs(axes)); // ONNX's shape inference reads no int32 axes
        }
    }
}
