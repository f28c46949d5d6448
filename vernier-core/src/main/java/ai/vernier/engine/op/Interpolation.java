package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// How Resize finds and mixes the neighbours of a coordinate: a sum weighted by a kernel of the distance.
///
/// @param mode nearest, linear or cubic
/// @param coordinates ONNX's coordinate_transformation_mode
/// @param nearest ONNX's nearest_mode
/// @param cubicCoefficient the a of Keys' cubic kernel
/// @param excludeOutside whether neighbours outside the image get no weight instead of the border's value
/// @param antialias whether the kernel is stretched when the image shrinks, so that it covers every
/// element
/// @param extrapolation the value of coordinates outside the image where these can be: in
/// tf_crop_and_resize
record Interpolation(
        String mode,
        String coordinates,
        String nearest,
        double cubicCoefficient,
        boolean excludeOutside,
        boolean antialias,
        double extrapolation) {
    /// No nearest_mode of ONNX: down where the image grows, up where it shrinks.
    private static final String OUTWARD = "outward";

    /// Beyond so many neighbours a matrix product is quicker than a sum over them.
    private static final int MANY_TAPS = 4;

    /// One axis: its extent before and after, their ratio as stated, and the part of it that is shown.
    record Extent(long input, long output, double scale, double start, double end) {}

    static Interpolation of(NodeView node) {
        return new Interpolation(
                node.text("mode", "nearest"),
                node.text("coordinate_transformation_mode", "half_pixel"),
                node.text("nearest_mode", "round_prefer_floor"),
                node.real("cubic_coeff_a", -0.75),
                node.flag("exclude_outside", false),
                node.flag("antialias", false),
                node.real("extrapolation_value", 0));
    }

    /// Upsample and the first Resize: x = i / scale, nearest rounds down where the image grows and up where it shrinks.
    static Interpolation legacy(NodeView node) {
        String mode = node.text("mode", "nearest");
        String today = mode.equals("bilinear") ? "linear" : mode;
        return new Interpolation(today, "asymmetric", OUTWARD, -0.75, false, false, 0);
    }

    /// Whether enlarging by a whole factor just repeats every pixel.
    boolean repeatsPixels() {
        boolean floored = coordinates.equals("asymmetric") && (nearest.equals("floor") || nearest.equals(OUTWARD));
        boolean centred = coordinates.startsWith("half_pixel") && nearest.startsWith("round");
        return mode.equals("nearest") && (floored || centred);
    }

    boolean crops() {
        return coordinates.equals("tf_crop_and_resize");
    }

    Tensor along(Tensor x, int axis, Extent extent) {
        int size = Math.toIntExact(extent.output);
        Taps taps = new Taps(taps(extent), size);
        boolean[] outside = new boolean[size];
        for (int i = 0; i < size; i++) {
            double coordinate = coordinate(i, extent);
            outside[i] = crops() && (coordinate < 0 || coordinate > extent.input - 1);
            fill(taps, i, coordinate, extent);
        }
        Tensor mixed = taps.count() > MANY_TAPS ? taps.product(x, axis) : taps.sum(x, axis);
        return crops() ? extrapolated(mixed, axis, outside) : mixed;
    }

    private Tensor extrapolated(Tensor mixed, int axis, boolean[] outside) {
        long[] marks = new long[outside.length];
        for (int i = 0; i < marks.length; i++) {
            marks[i] = outside[i] ? 1 : 0;
        }
        long[] shape = Window.filled((int) mixed.dim(), 1);
        shape[axis] = marks.length;
        Tensor mask = HostTransfer.ofLongs(marks, shape).to(ScalarType.Bool);
        return torch.where(mask, new Scalar(extrapolation), mixed).to(mixed.scalar_type());
    }

    /// Where output `i` reads. Nearest neighbours are found in float as elsewhere: (1 + 0.5) / 0.6f − 0.5 has to be 2.
    private double coordinate(long i, Extent extent) {
        return switch (coordinates) {
            case "half_pixel" -> centred(i, extent);
            case "pytorch_half_pixel" -> extent.output > 1 ? centred(i, extent) : 0;
            case "align_corners" ->
                extent.output == 1 ? 0 : rounded(i * (extent.input - 1) / (extent.scale * extent.input - 1));
            case "asymmetric" -> rounded(i / extent.scale);
            case "half_pixel_symmetric" -> {
                double adjustment = extent.output / (extent.scale * extent.input);
                double centre = extent.input / 2.0;
                yield rounded(centre * (1 - adjustment) + centred(i, extent));
            }
            case "tf_crop_and_resize" -> {
                double last = extent.input - 1;
                yield rounded(
                        extent.output == 1
                                ? (extent.start + extent.end) * last / 2
                                : extent.start * last + i * (extent.end - extent.start) * last / (extent.output - 1));
            }
            default -> throw new IllegalArgumentException("unknown coordinates '" + coordinates + "'");
        };
    }

    private double centred(long i, Extent extent) {
        return rounded(rounded((i + 0.5) / extent.scale) - 0.5);
    }

    private double rounded(double coordinate) {
        return radius() == 0 ? (float) coordinate : coordinate;
    }

    /// How far the kernel reaches to either side.
    private int radius() {
        return switch (mode) {
            case "nearest" -> 0;
            case "linear" -> 1;
            case "cubic" -> 2;
            default -> throw new IllegalArgumentException("unknown resize mode '" + mode + "'");
        };
    }

    private double stretch(Extent extent) {
        return antialias ? Math.min(extent.scale, 1) : 1;
    }

    private int taps(Extent extent) {
        return radius() == 0 ? 1 : 2 - 2 * firstTap(extent);
    }

    /// Where the kernel begins, counted from the element before the coordinate.
    private int firstTap(Extent extent) {
        return (int) Math.floor(-radius() / stretch(extent)) + 1;
    }

    private void fill(Taps taps, int i, double coordinate, Extent extent) {
        if (radius() == 0) {
            taps.set(0, i, Math.clamp(nearest(coordinate, extent), 0, extent.input - 1), 1);
            return;
        }
        long base = (long) Math.floor(coordinate) + firstTap(extent);
        double total = 0;
        for (int k = 0; k < taps.count(); k++) {
            long position = base + k;
            boolean outside = position < 0 || position >= extent.input;
            double weight = outside && excludeOutside ? 0 : kernel((position - coordinate) * stretch(extent));
            taps.set(k, i, Math.clamp(position, 0, extent.input - 1), weight);
            total += weight;
        }
        if (excludeOutside || antialias) {
            taps.divide(i, total);
        }
    }

    private long nearest(double coordinate, Extent extent) {
        return switch (nearest) {
            case OUTWARD -> (long) (extent.scale < 1 ? Math.ceil(coordinate) : Math.floor(coordinate));
            case "floor" -> (long) Math.floor(coordinate);
            case "ceil" -> (long) Math.ceil(coordinate);
            case "round_prefer_ceil" -> (long) Math.floor(coordinate + 0.5);
            case "round_prefer_floor" -> (long) Math.ceil(coordinate - 0.5);
            default -> throw new IllegalArgumentException("unknown nearest_mode '" + nearest + "'");
        };
    }

    private double kernel(double distance) {
        double d = Math.abs(distance);
        return radius() == 1 ? Math.max(0, 1 - d) : cubic(d);
    }

    /// Keys, "Cubic convolution interpolation for digital image processing", 1981.
    private double cubic(double d) {
        double a = cubicCoefficient;
        if (d <= 1) {
            return ((a + 2) * d - (a + 3)) * d * d + 1;
        }
        return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
    }
}
