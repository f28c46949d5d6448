package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.stream.LongStream;

/// Convolutions and pooling: everything that slides a window.
final class WindowFamily {
    private WindowFamily() {}

    static void register(Operators operators) {
        operators.add("Conv", "7 11 22", WindowFamily::convolution);
        operators.add("ConvTranspose", "7 11 22", WindowFamily::transposed);
        operators.add("MaxPool", "7 8 10 11 12 22", WindowFamily::maxPool);
        operators.add("AveragePool", "7 10 11 19 22", (sketch, draw) -> {
            int rank = draw.between(1, 3);
            long[] dims = draw.image(rank, 5, 9);
            window(sketch, draw, new Geometry(dims, kernel(draw, rank), sketch.since(19), sketch.since(10)));
            sketch.flag("count_include_pad", draw.chance(0.5), false).in(draw.floats(dims));
        });
        operators.add("LpPool", "7 11 18 22", (sketch, draw) -> {
            int rank = draw.between(1, 3);
            long[] dims = draw.image(rank, 5, 9);
            window(sketch, draw, new Geometry(dims, kernel(draw, rank), sketch.since(18), sketch.since(18)));
            power(sketch, draw).in(draw.floats(dims)).slack(4);
        });
        for (String type : new String[] {"GlobalAveragePool", "GlobalMaxPool"}) {
            operators.add(type, "7 22", (sketch, draw) -> sketch.in(draw.floats(draw.image(draw.between(1, 3), 1, 6))));
        }
        operators.add(
                "GlobalLpPool",
                "7 22",
                (sketch, draw) -> power(sketch, draw)
                        .in(draw.floats(draw.image(draw.between(1, 3), 1, 6)))
                        .slack(4));
        operators.add("MaxUnpool", "9 11 22", WindowFamily::unpool);
        operators.add("DeformConv", "19 22", WindowFamily::deformable);
        operators.add("Col2Im", "18", WindowFamily::columns);
    }

    private static Sketch power(Sketch sketch, Draw draw) {
        return draw.chance(0.6) ? sketch.set("p", draw.between(1, 3)) : sketch;
    }

    static long[] kernel(Draw draw, int rank) {
        return LongStream.generate(() -> draw.between(1, 3)).limit(rank).toArray();
    }

    private static long[] list(Draw draw, int count, int low, int high) {
        return LongStream.generate(() -> draw.between(low, high)).limit(count).toArray();
    }

    /// @param dims of the input, `[batch, channels, …]`
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Geometry(long[] dims, long[] kernel, boolean dilates, boolean rounds) {}

    /// Draws kernel, strides, padding, dilations and rounding, such that every window holds an element of the input.
    private static void window(Sketch sketch, Draw draw, Geometry geometry) {
        int rank = geometry.kernel.length;
        sketch.setInts("kernel_shape", geometry.kernel);
        long[] strides = draw.chance(0.7) ? list(draw, rank, 1, 3) : new long[0];
        if (strides.length > 0) {
            sketch.setInts("strides", strides);
        }
        long[] dilations = geometry.dilates && draw.chance(0.4) ? list(draw, rank, 1, 2) : new long[0];
        if (dilations.length > 0) {
            sketch.setInts("dilations", dilations);
        }
        if (geometry.rounds) {
            sketch.flag("ceil_mode", draw.chance(0.4), false);
        }
        double kind = draw.real(0, 1);
        boolean same = dilations.length == 0
                && LongStream.range(0, strides.length).allMatch(i -> geometry.kernel[(int) i] >= strides[(int) i]);
        if (kind < 0.25) {
            // ONNX Runtime leaves the dilations out of the padding, and lets it be negative.
            sketch.set("auto_pad", same ? draw.of("SAME_UPPER", "SAME_LOWER") : "VALID");
        } else if (kind < 0.75) {
            long[] pads = list(draw, 2 * rank, 0, 2);
            for (int i = 0; i < pads.length; i++) {
                pads[i] = Math.min(pads[i], geometry.kernel[i % rank] - 1);
            }
            sketch.setInts("pads", pads);
        }
    }

    private static void convolution(Sketch sketch, Draw draw) {
        int rank = draw.between(1, 3);
        long group = draw.between(1, 3);
        long each = draw.between(1, 3);
        long[] dims = draw.image(rank, 5, 9);
        dims[1] = group * each;
        long[] kernel = kernel(draw, rank);
        if (draw.chance(0.5)) {
            sketch.setInts("kernel_shape", kernel);
        }
        steps(sketch, draw, kernel);
        if (group > 1 || draw.chance(0.5)) {
            sketch.set("group", group);
        }
        long filters = group * draw.between(1, 4);
        long[] weight = LongStream.concat(LongStream.of(filters, each), LongStream.of(kernel))
                .toArray();
        sketch.in(draw.floats(dims)).parameter(draw.floats(weight)).slack(4);
        if (draw.chance(0.5)) {
            sketch.parameter(draw.floats(filters));
        }
    }

    private static void steps(Sketch sketch, Draw draw, long[] kernel) {
        int rank = kernel.length;
        if (draw.chance(0.6)) {
            sketch.setInts("strides", list(draw, rank, 1, 3));
        }
        if (draw.chance(0.4)) {
            sketch.setInts("dilations", list(draw, rank, 1, 2));
        }
        double kind = draw.real(0, 1);
        if (kind < 0.25) {
            sketch.set("auto_pad", draw.of("SAME_UPPER", "SAME_LOWER", "VALID"));
        } else if (kind < 0.75) {
            sketch.setInts("pads", list(draw, 2 * rank, 0, 3));
        }
    }

    private static void transposed(Sketch sketch, Draw draw) {
        int rank = draw.between(1, 3);
        long group = draw.between(1, 2);
        long[] dims = draw.image(rank, 3, 5);
        dims[1] = group * draw.between(1, 3);
        long[] kernel = list(draw, rank, 2, 4);
        long[] strides = list(draw, rank, 1, 3);
        sketch.setInts("strides", strides);
        boolean dilates = draw.chance(0.3);
        if (dilates) {
            sketch.setInts("dilations", list(draw, rank, 1, 2));
        }
        double kind = draw.real(0, 1);
        boolean covers = LongStream.range(0, rank).allMatch(i -> kernel[(int) i] >= strides[(int) i]);
        if (kind < 0.2 && !dilates && covers) { // ONNX Runtime gives less than asked for elsewhere
            sketch.set("auto_pad", draw.of("SAME_UPPER", "SAME_LOWER"));
        } else if (kind < 0.4 && !dilates) {
            long[] shape = new long[rank];
            Arrays.setAll(shape, i -> (dims[i + 2] - 1) * strides[i] + kernel[i] - draw.between(0, 1));
            sketch.setInts("output_shape", shape);
            if (draw.chance(0.5) && covers) {
                sketch.set("auto_pad", draw.of("SAME_UPPER", "SAME_LOWER"));
            }
        } else {
            if (draw.chance(0.6)) {
                sketch.setInts("pads", list(draw, 2 * rank, 0, 1));
            }
            if (draw.chance(0.4)) {
                sketch.setInts(
                        "output_padding",
                        LongStream.of(strides)
                                .map(stride -> draw.between(0, (int) stride - 1))
                                .toArray());
            }
        }
        if (group > 1) {
            sketch.set("group", group);
        }
        long each = draw.between(1, 3);
        long[] weight = LongStream.concat(LongStream.of(dims[1], each), LongStream.of(kernel))
                .toArray();
        sketch.in(draw.floats(dims)).parameter(draw.floats(weight)).slack(4);
        if (draw.chance(0.5)) {
            sketch.parameter(draw.floats(group * each));
        }
    }

    private static void maxPool(Sketch sketch, Draw draw) {
        int rank = draw.between(1, 3);
        long[] dims = draw.image(rank, 5, 9);
        window(sketch, draw, new Geometry(dims, kernel(draw, rank), sketch.since(10), sketch.since(10)));
        boolean indices = sketch.since(8) && draw.chance(0.4);
        if (indices) {
            sketch.flag("storage_order", draw.chance(0.5), false).outputs(true, true);
        }
        DataType type = sketch.since(12) && draw.chance(0.3) ? draw.of(DataType.INT8, DataType.UINT8) : DataType.FLOAT;
        sketch.in(type == DataType.FLOAT ? draw.floats(dims) : draw.extreme(type, dims));
    }

    /// Indices as a pooling with the same window would have given them.
    private static void unpool(Sketch sketch, Draw draw) {
        int rank = draw.between(1, 3);
        long[] kernel = list(draw, rank, 2, 3);
        long[] pooled = draw.image(rank, 1, 4);
        sketch.setInts("kernel_shape", kernel).setInts("strides", kernel);
        long[] whole = pooled.clone();
        for (int i = 0; i < rank; i++) {
            whole[i + 2] *= kernel[i];
        }
        long[] indices = new long[(int) TensorData.elementCount(pooled)];
        long size = TensorData.elementCount(whole);
        for (int i = 0; i < indices.length; i++) {
            indices[i] = i * size / indices.length + draw.between(0, (int) (size / indices.length) - 1);
        }
        sketch.in(draw.floats(pooled)).in(TensorData.ofLongs(indices, pooled));
        if (draw.chance(0.3)) {
            sketch.parameter(Draw.longs(whole));
        }
    }

    private static void deformable(Sketch sketch, Draw draw) {
        long group = draw.between(1, 2);
        long offsetGroup = draw.between(1, 2);
        long[] kernel = list(draw, 2, 1, 3);
        long[] strides = list(draw, 2, 1, 2);
        long[] dilations = list(draw, 2, 1, 2);
        long[] pads = list(draw, 4, 0, 1);
        long[] dims = {draw.between(1, 2), 2 * group * offsetGroup, draw.between(5, 7), draw.between(5, 7)};
        long[] out = new long[2];
        Arrays.setAll(
                out, i -> (dims[i + 2] + pads[i] + pads[i + 2] - (kernel[i] - 1) * dilations[i] - 1) / strides[i] + 1);
        long taps = kernel[0] * kernel[1];
        long filters = group * draw.between(1, 3);
        sketch.setInts("strides", strides).setInts("dilations", dilations).setInts("pads", pads);
        sketch.set("group", group).set("offset_group", offsetGroup);
        sketch.in(draw.floats(dims))
                .parameter(draw.floats(filters, dims[1] / group, kernel[0], kernel[1]))
                .in(draw.reals(DataType.FLOAT, -1.5, 1.5, dims[0], offsetGroup * 2 * taps, out[0], out[1]))
                .slack(50); // the slope of the interpolation times the round-off of the places
        if (draw.chance(0.5)) {
            sketch.parameter(draw.floats(filters));
        } else {
            sketch.absent();
        }
        if (draw.chance(0.5)) {
            sketch.in(draw.floats(dims[0], offsetGroup * taps, out[0], out[1]));
        }
    }

    private static void columns(Sketch sketch, Draw draw) {
        int rank = draw.between(1, 3);
        long[] image = list(draw, rank, 4, 7);
        long[] block = list(draw, rank, 1, 3);
        long[] strides = list(draw, rank, 1, 2);
        long[] dilations = list(draw, rank, 1, 1); // ONNX Runtime gets others wrong
        long[] pads = list(draw, 2 * rank, 0, 1);
        long blocks = 1;
        long taps = 1;
        for (int i = 0; i < rank; i++) {
            blocks *= (image[i] + pads[i] + pads[rank + i] - (block[i] - 1) * dilations[i] - 1) / strides[i] + 1;
            taps *= block[i];
        }
        sketch.setInts("strides", strides).setInts("dilations", dilations).setInts("pads", pads);
        sketch.in(draw.floats(draw.between(1, 2), draw.between(1, 3) * taps, blocks))
                .parameter(Draw.longs(image))
                .parameter(Draw.longs(block))
                .slack(4);
    }
}
