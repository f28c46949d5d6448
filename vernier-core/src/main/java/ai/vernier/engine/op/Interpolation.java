package ai.vernier.engine.op;

import org.bytedeco.pytorch.Tensor;

/// How Resize finds and mixes the neighbours of a coordinate; every mode is a weighted sum of 1, 2 or 4 of them.
///
/// @param mode nearest, linear or cubic
/// @param coordinates ONNX's coordinate_transformation_mode
/// @param nearest ONNX's nearest_mode
/// @param cubicCoefficient the a of Keys' cubic kernel
/// @param excludeOutside whether neighbours outside the image get no weight instead of the border's value
record Interpolation(String mode, String coordinates, String nearest, double cubicCoefficient, boolean excludeOutside) {
    static Interpolation of(NodeView node) {
        return new Interpolation(
                node.text("mode", "nearest"),
                node.text("coordinate_transformation_mode", "half_pixel"),
                node.text("nearest_mode", "round_prefer_floor"),
                node.real("cubic_coeff_a", -0.75),
                node.flag("exclude_outside", false));
    }

    /// Upsample and the first Resize: x = i / scale, nearest rounds down.
    static Interpolation legacy(NodeView node) {
        String mode = node.text("mode", "nearest");
        return new Interpolation(mode.equals("bilinear") ? "linear" : mode, "asymmetric", "floor", -0.75, false);
    }

    /// Whether enlarging by a whole factor just repeats every pixel.
    boolean repeatsPixels() {
        boolean floored = coordinates.equals("asymmetric") && nearest.equals("floor");
        boolean centred = coordinates.startsWith("half_pixel") && nearest.startsWith("round");
        return mode.equals("nearest") && (floored || centred);
    }

    Tensor along(Tensor x, int axis, long size, double scale) {
        long length = x.size(axis);
        int taps = switch (mode) {
            case "nearest" -> 1;
            case "linear" -> 2;
            case "cubic" -> 4;
            default -> throw new IllegalArgumentException("unknown resize mode '" + mode + "'");
        };
        long[][] indices = new long[taps][(int) size];
        float[][] weights = new float[taps][(int) size];
        for (int i = 0; i < size; i++) {
            double coordinate = coordinate(i, new Extent(length, size, scale));
            fill(indices, weights, i, coordinate, length);
        }
        return mix(x, axis, indices, weights);
    }

    private record Extent(long input, long output, double scale) {}

    private double coordinate(long i, Extent extent) {
        return switch (coordinates) {
            case "half_pixel" -> (i + 0.5) / extent.scale - 0.5;
            case "pytorch_half_pixel" -> extent.output > 1 ? (i + 0.5) / extent.scale - 0.5 : 0;
            case "align_corners" -> extent.output == 1 ? 0 : i * (extent.input - 1.0) / (extent.output - 1.0);
            case "asymmetric" -> i / extent.scale;
            case "half_pixel_symmetric" -> {
                double adjustment = extent.output / (extent.scale * extent.input);
                double centre = extent.input / 2.0;
                yield centre * (1 - adjustment) + (i + 0.5) / extent.scale - 0.5;
            }
            default -> throw new IllegalArgumentException("unknown coordinates '" + coordinates + "'");
        };
    }

    private void fill(long[][] indices, float[][] weights, int i, double coordinate, long length) {
        if (mode.equals("nearest")) {
            indices[0][i] = Math.clamp(nearest(coordinate), 0, length - 1);
            weights[0][i] = 1;
            return;
        }
        long base = (long) Math.floor(coordinate);
        double fraction = coordinate - base;
        int taps = indices.length;
        double total = 0;
        for (int k = 0; k < taps; k++) {
            long position = base - (taps / 2 - 1) + k;
            boolean outside = position < 0 || position >= length;
            double weight = taps == 2 ? (k == 0 ? 1 - fraction : fraction) : cubic(position - coordinate);
            indices[k][i] = Math.clamp(position, 0, length - 1);
            weights[k][i] = (float) (outside && excludeOutside ? 0 : weight);
            total += weights[k][i];
        }
        for (int k = 0; k < taps && excludeOutside; k++) {
            weights[k][i] = (float) (weights[k][i] / total);
        }
    }

    private long nearest(double coordinate) {
        return switch (nearest) {
            case "floor" -> (long) Math.floor(coordinate);
            case "ceil" -> (long) Math.ceil(coordinate);
            case "round_prefer_ceil" -> (long) Math.floor(coordinate + 0.5);
            case "round_prefer_floor" -> (long) Math.ceil(coordinate - 0.5);
            default -> throw new IllegalArgumentException("unknown nearest_mode '" + nearest + "'");
        };
    }

    /// Keys, "Cubic convolution interpolation for digital image processing", 1981.
    private double cubic(double distance) {
        double d = Math.abs(distance);
        double a = cubicCoefficient;
        if (d <= 1) {
            return ((a + 2) * d - (a + 3)) * d * d + 1;
        }
        return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
    }

    private static Tensor mix(Tensor x, int axis, long[][] indices, float[][] weights) {
        int size = indices[0].length;
        Tensor first = x.index_select(axis, HostTransfer.ofLongs(indices[0], size));
        if (indices.length == 1) {
            return first;
        }
        long[] shape = Window.filled((int) x.dim(), 1);
        shape[axis] = size;
        Tensor sum = first.mul(HostTransfer.ofFloats(weights[0], shape));
        for (int k = 1; k < indices.length; k++) {
            Tensor tap = x.index_select(axis, HostTransfer.ofLongs(indices[k], size));
            sum.add_(tap.mul(HostTransfer.ofFloats(weights[k], shape)));
        }
        return sum;
    }
}
