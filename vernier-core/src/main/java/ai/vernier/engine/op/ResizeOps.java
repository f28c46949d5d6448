package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Resize and Upsample, one axis after another: output i reads the input at a coordinate x(i) and mixes
/// its neighbours.
final class ResizeOps {
    private ResizeOps() {}

    static void register(OpTable ops) {
        ops.add("Upsample", 7, (node, in) -> legacy(in.at(0), node.reals("scales"), node));
        ops.add("Upsample", 9, (node, in) -> legacy(in.at(0), doubles(in.at(1)), node));
        ops.add("Resize", 10, (node, in) -> legacy(in.at(0), doubles(in.at(1)), node));
        ops.bind("Resize", 11, ResizeOps::modern);
    }

    /// How every axis of a tensor changes.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Plan(long[] sizes, double[] scales, double[] starts, double[] ends) {
        static Plan unchanged(Tensor x) {
            int rank = (int) x.dim();
            return new Plan(HostTransfer.sizes(x), filled(rank, 1), filled(rank, 0), filled(rank, 1));
        }

        Interpolation.Extent extent(int axis, long input) {
            return new Interpolation.Extent(input, sizes[axis], scales[axis], starts[axis], ends[axis]);
        }

        boolean changes(int axis, long input) {
            return sizes[axis] != input || scales[axis] != 1 || starts[axis] != 0 || ends[axis] != 1;
        }
    }

    private static double[] filled(int count, double value) {
        double[] result = new double[count];
        Arrays.fill(result, value);
        return result;
    }

    private static Tensor legacy(Tensor x, double[] scales, NodeView node) {
        Plan plan = Plan.unchanged(x);
        for (int axis = 0; axis < scales.length; axis++) {
            plan.scales[axis] = scales[axis];
            plan.sizes[axis] = (long) Math.floor(plan.sizes[axis] * scales[axis]);
        }
        return resize(x, plan, Interpolation.legacy(node));
    }

    /// Inputs: x, region of interest, scales, sizes.
    private static BoundOp modern(NodeView node) {
        Interpolation interpolation = Interpolation.of(node);
        return in -> {
            Tensor x = in.at(0);
            int rank = (int) x.dim();
            long[] axes = LongStream.of(
                            node.integers("axes", LongStream.range(0, rank).toArray()))
                    .map(axis -> axis < 0 ? axis + rank : axis)
                    .toArray();
            Plan plan = Plan.unchanged(x);
            if (in.has(3) && in.at(3).numel() > 0) {
                bySizes(plan, axes, in.longs(3), node.text("keep_aspect_ratio_policy", "stretch"));
            } else {
                byScales(plan, axes, doubles(in.at(2)));
            }
            if (interpolation.crops()) {
                crop(plan, axes, doubles(in.at(1)));
            }
            return new Tensor[] {resize(x, plan, interpolation)};
        };
    }

    private static void byScales(Plan plan, long[] axes, double[] scales) {
        for (int i = 0; i < axes.length; i++) {
            int axis = (int) axes[i];
            plan.scales[axis] = scales[i];
            plan.sizes[axis] = (long) Math.floor(plan.sizes[axis] * scales[i]);
        }
    }

    /// A kept aspect ratio scales all axes alike, by the smallest (not_larger) or largest (not_smaller)
    /// of the scales asked for; sizes are rounded half up.
    private static void bySizes(Plan plan, long[] axes, long[] asked, String policy) {
        double[] scales = new double[axes.length];
        Arrays.setAll(scales, i -> asked[i] / (double) plan.sizes[(int) axes[i]]);
        boolean stretch = policy.equals("stretch");
        double common = policy.equals("not_larger")
                ? Arrays.stream(scales).min().orElse(1)
                : Arrays.stream(scales).max().orElse(1);
        for (int i = 0; i < axes.length; i++) {
            int axis = (int) axes[i];
            plan.scales[axis] = stretch ? scales[i] : common;
            plan.sizes[axis] = stretch ? asked[i] : (long) Math.floor(common * plan.sizes[axis] + 0.5);
        }
    }

    /// The region lists all starts, then all ends, as shares of the extents.
    private static void crop(Plan plan, long[] axes, double[] region) {
        for (int i = 0; i < axes.length; i++) {
            plan.starts[(int) axes[i]] = region[i];
            plan.ends[(int) axes[i]] = region[axes.length + i];
        }
    }

    private static double[] doubles(Tensor tensor) {
        float[] floats = HostTransfer.floats(tensor);
        double[] result = new double[floats.length];
        Arrays.setAll(result, i -> floats[i]);
        return result;
    }

    private static Tensor resize(Tensor x, Plan plan, Interpolation interpolation) {
        Tensor direct = wholeMultiple(x, plan, interpolation);
        if (direct != null) {
            return direct;
        }
        boolean moves = interpolation.mode().equals("nearest");
        Tensor result = moves || x.scalar_type().intern() == ScalarType.Double ? x : x.to(ScalarType.Float);
        for (int axis = 0; axis < plan.sizes.length; axis++) {
            if (plan.changes(axis, x.size(axis))) {
                result = interpolation.along(result, axis, plan.extent(axis, x.size(axis)));
            }
        }
        return result.to(x.scalar_type());
    }

    /// Nearest neighbour by whole factors repeats pixels, whatever the coordinate transformation is
    /// called.
    private static @Nullable Tensor wholeMultiple(Tensor x, Plan plan, Interpolation interpolation) {
        if (!interpolation.repeatsPixels() || x.dim() != 4 || !x.is_floating_point()) {
            return null;
        }
        for (int axis = 0; axis < 4; axis++) {
            long factor = axis < 2 ? 1 : plan.sizes[axis] / x.size(axis);
            if (plan.sizes[axis] != factor * x.size(axis) || plan.scales[axis] != factor) {
                return null;
            }
        }
        return torch.upsample_nearest2d(x, plan.sizes[2], plan.sizes[3]);
    }
}
