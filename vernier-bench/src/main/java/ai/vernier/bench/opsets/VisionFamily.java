package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.stream.LongStream;

/// Sampling, regions, boxes.
final class VisionFamily {
    private VisionFamily() {}

    static void register(Operators operators) {
        operators.add("GridSample", "16 20 22", (sketch, draw) -> {
            boolean volume = sketch.since(20) && draw.chance(0.3);
            long[] dims = draw.image(volume ? 3 : 2, 2, 5);
            String[] modes = sketch.since(20)
                    ? volume ? new String[] {"linear", "nearest"} : new String[] {"linear", "nearest", "cubic"}
                    : new String[] {"bilinear", "nearest", "bicubic"};
            if (draw.chance(0.8)) {
                sketch.set("mode", draw.of(modes));
            }
            if (draw.chance(0.8)) {
                sketch.set("padding_mode", draw.of("zeros", "border", "reflection"));
            }
            sketch.flag("align_corners", draw.chance(0.5), false).slack(50);
            long[] grid = volume ? new long[] {dims[0], 2, 3, 2, 3} : new long[] {dims[0], draw.some(), draw.some(), 2};
            sketch.in(draw.floats(dims)).in(draw.reals(DataType.FLOAT, -1.6, 1.6, grid));
        });
        operators.add("AffineGrid", "20", (sketch, draw) -> {
            boolean volume = draw.chance(0.4);
            long batch = draw.between(1, 3);
            long[] sizes = LongStream.generate(() -> draw.between(2, 6))
                    .limit(volume ? 3 : 2)
                    .toArray();
            sketch.flag("align_corners", draw.chance(0.5), false)
                    .in(volume ? draw.floats(batch, 3, 4) : draw.floats(batch, 2, 3))
                    .parameter(Draw.longs(LongStream.concat(LongStream.of(batch, 2), LongStream.of(sizes))
                            .toArray()));
        });
        operators.add("RoiAlign", "10 16 22", VisionFamily::roiAlign);
        operators.add("MaxRoiPool", "7 22", (sketch, draw) -> {
            long[] dims = {2, draw.between(1, 3), draw.between(5, 9), draw.between(5, 9)};
            sketch.setInts("pooled_shape", draw.between(1, 4), draw.between(1, 4));
            if (draw.chance(0.5)) {
                sketch.set("spatial_scale", draw.real(0.4, 1.1));
            }
            int count = draw.between(1, 4);
            float[] regions = new float[5 * count];
            for (int i = 0; i < count; i++) {
                regions[5 * i] = draw.between(0, 1);
                regions[5 * i + 1] = draw.between(-1, 4);
                regions[5 * i + 2] = draw.between(-1, 4);
                regions[5 * i + 3] = draw.between(3, 12);
                regions[5 * i + 4] = draw.between(3, 12);
            }
            sketch.in(draw.floats(dims)).in(TensorData.ofFloats(regions, count, 5));
        });
        operators.add("NonMaxSuppression", "10 11", VisionFamily::suppression);
    }

    private static void roiAlign(Sketch sketch, Draw draw) {
        long[] dims = {2, draw.between(1, 3), draw.between(4, 8), draw.between(4, 8)};
        if (draw.chance(0.7)) {
            sketch.set("output_height", draw.between(1, 3)).set("output_width", draw.between(1, 3));
        }
        if (draw.chance(0.5)) {
            sketch.set("sampling_ratio", draw.between(0, 3));
        }
        if (draw.chance(0.5)) {
            sketch.set("spatial_scale", draw.real(0.3, 1.2));
        }
        if (draw.chance(0.5)) {
            sketch.set("mode", draw.of("avg", "max"));
        }
        if (sketch.since(16) && draw.chance(0.6)) {
            sketch.set("coordinate_transformation_mode", draw.of("half_pixel", "output_half_pixel"));
        }
        int count = draw.between(1, 4);
        float[] boxes = new float[4 * count];
        for (int i = 0; i < count; i++) {
            boxes[4 * i] = (float) draw.real(-1, 4);
            boxes[4 * i + 1] = (float) draw.real(-1, 4);
            boxes[4 * i + 2] = boxes[4 * i] + (float) draw.real(0.2, 6);
            boxes[4 * i + 3] = boxes[4 * i + 1] + (float) draw.real(0.2, 6);
        }
        sketch.in(draw.floats(dims))
                .in(TensorData.ofFloats(boxes, count, 4))
                .in(draw.integers(DataType.INT64, 0, 1, count))
                .slack(50);
    }

    private static void suppression(Sketch sketch, Draw draw) {
        long batch = draw.between(1, 2);
        long boxes = draw.between(1, 8);
        boolean centred = draw.chance(0.4);
        sketch.flag("center_point_box", centred, false);
        float[] values = new float[(int) (batch * boxes * 4)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (centred && i % 4 >= 2 ? draw.real(0.5, 3) : draw.real(0, 4));
        }
        sketch.in(TensorData.ofFloats(values, batch, boxes, 4))
                .in(draw.reals(DataType.FLOAT, 0, 1, batch, draw.between(1, 3), boxes));
        int parameters = draw.between(0, 3);
        if (parameters > 0) {
            sketch.parameter(draw.integers(DataType.INT64, 0, 4, draw.chance(0.5) ? new long[] {1} : new long[0]));
        }
        if (parameters > 1) {
            sketch.parameter(draw.reals(DataType.FLOAT, 0, 0.7, 1));
        }
        if (parameters > 2) {
            sketch.parameter(draw.reals(DataType.FLOAT, 0, 0.7, 1));
        }
    }
}
