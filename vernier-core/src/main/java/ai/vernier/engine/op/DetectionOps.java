package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Operators on boxes: which of overlapping ones survive, and pooling of what they enclose.
final class DetectionOps {
    private DetectionOps() {}

    static void register(OpTable ops) {
        ops.add("NonMaxSuppression", 10, (node, in) -> suppressed(in, node.flag("center_point_box", false)));
        ops.add("RoiAlign", 10, (node, in) -> RoiAlign.of(node, in, 0));
        ops.add("RoiAlign", 16, (node, in) -> {
            boolean half =
                    node.text("coordinate_transformation_mode", "half_pixel").equals("half_pixel");
            return RoiAlign.of(node, in, half ? 0.5 : 0);
        });
        ops.add("MaxRoiPool", 1, DetectionOps::maxRoiPool);
    }

    /// For each class of each sample: takes boxes by falling score and drops those that overlap one
    /// already taken by more than the threshold. Inputs: boxes `[batch, boxes, 4]`, scores `[batch,
    /// classes, boxes]`, most boxes per class, overlap threshold, score threshold. Output: rows of
    /// (sample, class, box).
    private static Tensor suppressed(Inputs in, boolean centred) {
        float[] boxes = HostTransfer.floats(in.at(0));
        float[] scores = HostTransfer.floats(in.at(1));
        int count = (int) in.at(0).size(1);
        int classes = (int) in.at(1).size(1);
        long most = in.has(2) ? in.scalar(2) : 0;
        float overlap = in.has(3) ? HostTransfer.floats(in.at(3))[0] : 0;
        float least = in.has(4) ? HostTransfer.floats(in.at(4))[0] : Float.NEGATIVE_INFINITY;
        List<long[]> rows = new ArrayList<>();
        for (int sample = 0; sample < in.at(0).size(0); sample++) {
            Boxes here = new Boxes(boxes, sample * count, centred);
            for (int c = 0; c < classes; c++) {
                int first = (sample * classes + c) * count;
                List<Integer> order = IntStream.range(0, count)
                        .filter(i -> scores[first + i] > least)
                        .boxed()
                        .sorted((a, b) -> Float.compare(scores[first + b], scores[first + a]))
                        .toList();
                for (int box : survivors(order, here, most, overlap)) {
                    rows.add(new long[] {sample, c, box});
                }
            }
        }
        long[] flat = rows.stream().flatMapToLong(Arrays::stream).toArray();
        return HostTransfer.ofLongs(flat, rows.size(), 3);
    }

    private static List<Integer> survivors(List<Integer> order, Boxes boxes, long most, float threshold) {
        List<Integer> taken = new ArrayList<>();
        for (int candidate : order) {
            if (taken.size() >= most) {
                break;
            }
            if (taken.stream().noneMatch(box -> boxes.overlap(box, candidate) > threshold)) {
                taken.add(candidate);
            }
        }
        return taken;
    }

    /// @param centred whether a box is (x, y, width, height) of its centre instead of two corners (y, x,
    /// y, x)
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Boxes(float[] values, int offset, boolean centred) {
        /// Shared area over united area.
        float overlap(int a, int b) {
            float shared = shared(a, b, 0) * shared(a, b, 1);
            float area = extent(a, 0) * extent(a, 1);
            float other = extent(b, 0) * extent(b, 1);
            return shared <= 0 || area <= 0 || other <= 0 ? 0 : shared / (area + other - shared);
        }

        private float shared(int a, int b, int axis) {
            return Math.max(0, Math.min(high(a, axis), high(b, axis)) - Math.max(low(a, axis), low(b, axis)));
        }

        private float extent(int box, int axis) {
            return high(box, axis) - low(box, axis);
        }

        private float low(int box, int axis) {
            return centred
                    ? value(box, axis) - value(box, axis + 2) / 2
                    : Math.min(value(box, axis), value(box, axis + 2));
        }

        private float high(int box, int axis) {
            return centred
                    ? value(box, axis) + value(box, axis + 2) / 2
                    : Math.max(value(box, axis), value(box, axis + 2));
        }

        private float value(int box, int element) {
            return values[(offset + box) * 4 + element];
        }
    }

    /// The largest element of each of `pooled_shape` bins over a box given as (sample, x1, y1, x2, y2),
    /// its corners rounded to elements; 0 for a bin outside the image. Girshick, "Fast R-CNN", 2015.
    private static Tensor maxRoiPool(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        float[] regions = HostTransfer.floats(in.at(1));
        long[] pooled = node.integers("pooled_shape");
        double scale = node.real("spatial_scale", 1);
        TensorVector results = new TensorVector();
        for (int r = 0; r < regions.length / 5; r++) {
            Tensor image = x.select(0, (long) regions[5 * r]);
            long[][] rows = bins(regions[5 * r + 2] * scale, regions[5 * r + 4] * scale, pooled[0], x.size(2));
            long[][] columns = bins(regions[5 * r + 1] * scale, regions[5 * r + 3] * scale, pooled[1], x.size(3));
            for (long[] row : rows) {
                for (long[] column : columns) {
                    Tensor bin = image.narrow(1, row[0], row[1]).narrow(2, column[0], column[1]);
                    results.push_back(
                            bin.numel() == 0
                                    ? torch.zeros(new long[] {x.size(1)}, x.options())
                                    : torch.amax(bin, new long[] {1, 2}, false));
                }
            }
        }
        return torch.stack(results, 0)
                .reshape(regions.length / 5, pooled[0], pooled[1], x.size(1))
                .permute(0, 3, 1, 2);
    }

    /// Start and length of each bin within 0 … size.
    private static long[][] bins(double low, double high, long count, long size) {
        long start = roundHalfUp(low);
        double each = Math.max(roundHalfUp(high) - start + 1, 1) / (double) count;
        long[][] bins = new long[(int) count][];
        for (int i = 0; i < count; i++) {
            long from = Math.clamp((long) Math.floor(i * each) + start, 0, size);
            long to = Math.clamp((long) Math.ceil((i + 1) * each) + start, from, Math.max(from, size));
            bins[i] = new long[] {from, to - from};
        }
        return bins;
    }

    private static long roundHalfUp(double value) {
        return (long) Math.floor(value + 0.5);
    }
}
