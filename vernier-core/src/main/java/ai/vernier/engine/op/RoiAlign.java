package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// RoiAlign: each bin of a box is the mean or maximum of samples on a regular grid in it, each mixed from
/// its four neighbours. He et al., "Mask R-CNN", 2017. Inputs: x, boxes (x1, y1, x2, y2), their samples.
final class RoiAlign {
    private RoiAlign() {}

    /// Where one axis of a box is sampled: two neighbours and their weights per sample.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Axis(long[] low, long[] high, float[] toLow, float[] toHigh) {}

    /// @param shift subtracted from the scaled corners
    static Tensor of(NodeView node, Inputs in, double shift) {
        Tensor x = in.at(0);
        float[] boxes = HostTransfer.floats(in.at(1));
        long[] samples = in.longs(2);
        int height = (int) node.integer("output_height", 1);
        int width = (int) node.integer("output_width", 1);
        double scale = node.real("spatial_scale", 1);
        int ratio = (int) node.integer("sampling_ratio", 0);
        boolean mean = node.text("mode", "avg").equals("avg");
        TensorVector results = new TensorVector();
        for (int b = 0; b < samples.length; b++) {
            List<Axis> axes = new ArrayList<>();
            int[] perBin = new int[2];
            for (int i = 0; i < 2; i++) {
                double from = boxes[4 * b + 1 - i] * scale - shift;
                double to = boxes[4 * b + 3 - i] * scale - shift;
                int bins = i == 0 ? height : width;
                double extent = shift > 0 ? to - from : Math.max(to - from, 1);
                perBin[i] = ratio > 0 ? ratio : Math.max(1, (int) Math.ceil(extent / bins));
                axes.add(axis(new Span(from, extent), bins * perBin[i], x.size(2 + i)));
            }
            Tensor parts =
                    corners(x.select(0, samples[b]), axes).reshape(4, x.size(1), height, perBin[0], width, perBin[1]);
            results.push_back(
                    mean
                            ? torch.mean(torch.sum(parts, 0), new long[] {2, 4})
                            : torch.amax(parts, new long[] {0, 3, 5}, false));
        }
        return samples.length == 0
                ? torch.zeros(new long[] {0, x.size(1), height, width}, x.options())
                : torch.stack(results, 0);
    }

    private record Span(double from, double extent) {}

    /// Samples beyond the image by more than one element count as zero.
    private static Axis axis(Span span, int count, long size) {
        Axis axis = new Axis(new long[count], new long[count], new float[count], new float[count]);
        for (int i = 0; i < count; i++) {
            double position = span.from + (i + 0.5) * span.extent / count;
            boolean outside = position < -1 || position > size;
            double inside = Math.max(position, 0);
            long low = Math.min((long) inside, size - 1);
            double fraction = low == size - 1 ? 0 : inside - low;
            axis.low[i] = low;
            axis.high[i] = Math.min(low + 1, size - 1);
            axis.toLow[i] = outside ? 0 : (float) (1 - fraction);
            axis.toHigh[i] = outside ? 0 : (float) fraction;
        }
        return axis;
    }

    /// The four weighted neighbours of all samples, `[4, channels, rows, columns]`.
    private static Tensor corners(Tensor image, List<Axis> axes) {
        Axis rows = axes.get(0);
        Axis columns = axes.get(1);
        TensorVector corners = new TensorVector();
        for (int corner = 0; corner < 4; corner++) {
            long[] row = corner < 2 ? rows.low : rows.high;
            long[] column = corner % 2 == 0 ? columns.low : columns.high;
            Tensor down = weights(corner < 2 ? rows.toLow : rows.toHigh, image, row.length, 1);
            Tensor across = weights(corner % 2 == 0 ? columns.toLow : columns.toHigh, image, 1, column.length);
            Tensor picked = image.index_select(1, HostTransfer.ofLongs(row, row.length))
                    .index_select(2, HostTransfer.ofLongs(column, column.length));
            corners.push_back(picked.mul(down.mul(across)));
        }
        return torch.stack(corners, 0);
    }

    private static Tensor weights(float[] values, Tensor like, long rows, long columns) {
        return HostTransfer.ofFloats(values, 1, rows, columns).to(like.scalar_type());
    }
}
