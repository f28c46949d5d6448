package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.util.stream.LongStream;

/// Upsample and Resize of every version.
final class ResizeFamily {
    private ResizeFamily() {}

    static void register(Operators operators) {
        operators.add("Upsample", "7 9", (sketch, draw) -> legacy(sketch, draw, true));
        operators.add("Resize", "10 11 13 18 19", (sketch, draw) -> {
            if (sketch.since(11)) {
                modern(sketch, draw);
            } else {
                legacy(sketch, draw, false);
            }
        });
    }

    private static void legacy(Sketch sketch, Draw draw, boolean enlargesOnly) {
        boolean linear = draw.chance(0.5);
        if (linear || draw.chance(0.5)) {
            sketch.set("mode", linear ? "linear" : "nearest");
        }
        long[] dims = draw.image(2, 2, 6);
        Float[] scales = {1f, 1f, factor(draw, enlargesOnly), factor(draw, enlargesOnly)};
        sketch.in(draw.floats(dims)).slack(5);
        if (sketch.since(9)) {
            float[] values = new float[scales.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = scales[i];
            }
            sketch.parameter(TensorData.ofFloats(values, values.length));
        } else {
            sketch.setFloats("scales", scales);
        }
    }

    private static float factor(Draw draw, boolean enlargesOnly) {
        return enlargesOnly ? draw.of(1f, 1.5f, 2f, 2.5f, 3f) : draw.of(0.5f, 0.6f, 1f, 1.5f, 2f, 2.3f, 3f);
    }

    private static void modern(Sketch sketch, Draw draw) {
        String mode = draw.of("nearest", "linear", "cubic");
        String coordinates = coordinates(sketch, draw);
        sketch.set("mode", mode).set("coordinate_transformation_mode", coordinates);
        if (draw.chance(0.6)) {
            sketch.set("nearest_mode", draw.of("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"));
        }
        boolean crops = coordinates.equals("tf_crop_and_resize");
        boolean antialias = sketch.since(18) && !mode.equals("nearest") && !crops && draw.chance(0.3);
        if (antialias) {
            sketch.set("antialias", 1);
        }
        if (mode.equals("cubic")) {
            sketch.flag("exclude_outside", draw.chance(0.3), false);
            if (draw.chance(0.4)) {
                sketch.set("cubic_coeff_a", -0.5);
            }
        }
        if (crops) {
            sketch.set("extrapolation_value", draw.real(-2, 2));
        }
        long[] dims = draw.image(2, 2, 7);
        sketch.in(draw.tensor(draw.chance(0.1) && mode.equals("nearest") ? DataType.INT32 : DataType.FLOAT, dims))
                .slack(20);
        boolean someAxes = sketch.since(18) && !crops && draw.chance(0.3);
        long[] axes = someAxes
                ? draw.of(new long[] {2, 3}, new long[] {3, 2}, new long[] {-2, -1}, new long[] {3})
                : new long[] {0, 1, 2, 3};
        if (someAxes) {
            sketch.setInts("axes", axes);
        }
        region(sketch, draw, crops);
        if (!coordinates.equals("align_corners") && !crops && draw.chance(0.5)) {
            sketch.parameter(scales(draw, axes));
        } else {
            sizes(sketch, draw, dims, axes); // ONNX Runtime rounds the size down before it aligns the corners
        }
    }

    private static String coordinates(Sketch sketch, Draw draw) {
        String[] names = {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"};
        return sketch.since(19) && draw.chance(0.2) ? "half_pixel_symmetric" : draw.of(names);
    }

    private static void region(Sketch sketch, Draw draw, boolean crops) {
        if (crops) {
            float top = (float) draw.real(-0.2, 0.5);
            float left = (float) draw.real(-0.2, 0.5);
            float bottom = (float) draw.real(0.5, 1.2);
            float right = (float) draw.real(0.5, 1.2);
            sketch.parameter(TensorData.ofFloats(new float[] {0, 0, top, left, 1, 1, bottom, right}, 8));
        } else if (sketch.since(13)) {
            sketch.absent();
        } else {
            sketch.parameter(TensorData.ofFloats(new float[0], 0)); // an optional input from opset 13 on
        }
    }

    private static TensorData scales(Draw draw, long[] axes) {
        float[] scales = new float[axes.length];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = Math.floorMod(axes[i], 4L) < 2 ? 1 : factor(draw, false);
        }
        return TensorData.ofFloats(scales, scales.length);
    }

    private static void sizes(Sketch sketch, Draw draw, long[] dims, long[] axes) {
        long[] sizes = LongStream.of(axes)
                .map(axis -> Math.floorMod(axis, 4L) < 2
                        ? dims[(int) axis]
                        : (dims[(int) Math.floorMod(axis, 4L)] + draw.between(1, 6)) % 9 + 1)
                .toArray(); // another size: ONNX Runtime does not crop an axis that keeps its own
        // nor does it find negative axes under a policy
        if (sketch.since(18) && axes.length == 2 && axes[0] > 0 && draw.chance(0.5)) {
            sketch.set("keep_aspect_ratio_policy", draw.of("stretch", "not_larger", "not_smaller"));
        }
        if (sketch.since(13)) {
            sketch.absent();
        } else {
            sketch.parameter(TensorData.ofFloats(new float[0], 0));
        }
        sketch.parameter(TensorData.ofLongs(sizes, sizes.length));
    }
}
