package ai.vernier.engine.op;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Resize and Upsample, one axis after another: output i reads the input at a coordinate x(i) and mixes its neighbours.
final class ResizeOps {
    private ResizeOps() {}

    static void register(OpTable ops) {
        ops.bind("Upsample", 7, node -> in -> {
            double[] scales = node.has("scales") ? node.reals("scales") : doubles(in.at(1));
            return new Tensor[] {resize(in.at(0), sizes(in.at(0), scales), scales, Interpolation.legacy(node))};
        });
        ops.bind("Resize", 10, node -> in -> {
            double[] scales = doubles(in.at(1));
            return new Tensor[] {resize(in.at(0), sizes(in.at(0), scales), scales, Interpolation.legacy(node))};
        });
        ops.bind("Resize", 11, ResizeOps::modern);
    }

    private static BoundOp modern(NodeView node) {
        if (node.flag("antialias", false)
                || node.text("coordinate_transformation_mode", "").equals("tf_crop_and_resize")
                || !node.text("keep_aspect_ratio_policy", "stretch").equals("stretch")) {
            throw node.unsupported("with antialiasing, cropping or a kept aspect ratio");
        }
        Interpolation interpolation = Interpolation.of(node);
        return in -> {
            Tensor x = in.at(0);
            long[] axes = node.integers("axes", LongStream.range(0, x.dim()).toArray());
            double[] scales = ones((int) x.dim());
            long[] sizes = HostTransfer.sizes(x);
            boolean bySize = in.has(3) && in.at(3).numel() > 0;
            long[] asked = bySize ? in.longs(3) : new long[0];
            double[] given = bySize ? new double[0] : doubles(in.at(2));
            for (int i = 0; i < axes.length; i++) {
                int axis = (int) (axes[i] < 0 ? axes[i] + x.dim() : axes[i]);
                scales[axis] = bySize ? asked[i] / (double) sizes[axis] : given[i];
                sizes[axis] = bySize ? asked[i] : (long) Math.floor(sizes[axis] * given[i]);
            }
            return new Tensor[] {resize(x, sizes, scales, interpolation)};
        };
    }

    private static double[] ones(int count) {
        double[] result = new double[count];
        Arrays.fill(result, 1);
        return result;
    }

    private static double[] doubles(Tensor tensor) {
        float[] floats = HostTransfer.floats(tensor);
        double[] result = new double[floats.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = floats[i];
        }
        return result;
    }

    private static long[] sizes(Tensor x, double[] scales) {
        long[] sizes = HostTransfer.sizes(x);
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] = (long) Math.floor(sizes[axis] * scales[axis]);
        }
        return sizes;
    }

    private static Tensor resize(Tensor x, long[] sizes, double[] scales, Interpolation interpolation) {
        Tensor direct = wholeMultiple(x, sizes, interpolation);
        if (direct != null) {
            return direct;
        }
        Tensor result = x;
        for (int axis = 0; axis < sizes.length; axis++) {
            if (sizes[axis] != x.size(axis) || scales[axis] != 1) {
                result = interpolation.along(result, axis, sizes[axis], scales[axis]);
            }
        }
        return result;
    }

    /// Nearest neighbour by whole factors repeats pixels, whatever the coordinate transformation is called.
    private static @Nullable Tensor wholeMultiple(Tensor x, long[] sizes, Interpolation interpolation) {
        if (!interpolation.repeatsPixels()
                || x.dim() != 4
                || !x.is_floating_point()
                || sizes[0] != x.size(0)
                || sizes[1] != x.size(1)
                || sizes[2] % x.size(2) != 0
                || sizes[3] % x.size(3) != 0) {
            return null;
        }
        return torch.upsample_nearest2d(x, sizes[2], sizes[3]);
    }
}
