package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Operators that move image elements to other places: sampling on grids, columns to images, cropping.
final class SpatialOps {
    private SpatialOps() {}

    static void register(OpTable ops) {
        ops.add("GridSample", 16, SpatialOps::gridSample);
        ops.add(
                "AffineGrid",
                20,
                (node, in) -> torch.affine_grid_generator(in.at(0), in.longs(1), node.flag("align_corners", false)));
        ops.add("DeformConv", 19, SpatialOps::deformableConvolution);
        ops.add("Col2Im", 18, SpatialOps::columnsToImage);
        ops.add("CenterCropPad", 18, SpatialOps::centred);
    }

    /// One spatial axis is seen as an image of height 1.
    private static Tensor gridSample(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        Tensor grid = in.at(1);
        long mode = switch (node.text("mode", node.opset() < 20 ? "bilinear" : "linear")) {
            case "bilinear", "linear" -> 0;
            case "nearest" -> 1;
            case "bicubic", "cubic" -> 2;
            default -> throw node.unsupported("with mode " + node.text("mode", ""));
        };
        long padding = switch (node.text("padding_mode", "zeros")) {
            case "zeros" -> 0;
            case "border" -> 1;
            case "reflection" -> 2;
            default -> throw node.unsupported("with padding mode " + node.text("padding_mode", ""));
        };
        boolean corners = node.flag("align_corners", false);
        if (x.dim() > 3) {
            return torch.grid_sampler(x, grid, mode, padding, corners);
        }
        Tensor plane = torch.constant_pad_nd(grid.unsqueeze(1), new long[] {0, 1}, new Scalar(0));
        return torch.grid_sampler(x.unsqueeze(2), plane, mode, padding, corners).squeeze(2);
    }

    /// Each element of the kernel reads at a place of its own: its regular one plus an offset, times a
    /// mask. Dai et al., "Deformable convolutional networks", 2017. Inputs: x, W, offset, bias, mask.
    private static Tensor deformableConvolution(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        Tensor weight = in.at(1);
        if (x.dim() != 4) {
            throw node.unsupported("over " + (x.dim() - 2) + " axes");
        }
        long groups = node.integer("group", 1);
        long offsetGroups = node.integer("offset_group", 1);
        Window window = Window.of(node, new long[] {weight.size(2), weight.size(3)});
        long taps = weight.size(2) * weight.size(3);
        long height = in.at(2).size(2);
        long width = in.at(2).size(3);
        Tensor grid = grid(in.at(2).reshape(x.size(0) * offsetGroups, taps, 2, height, width), window, x);
        Tensor sampled = torch.grid_sampler(
                x.reshape(x.size(0) * offsetGroups, x.size(1) / offsetGroups, x.size(2), x.size(3)),
                grid.reshape(x.size(0) * offsetGroups, taps * height, width, 2),
                0,
                0,
                false);
        Tensor taken = sampled.reshape(x.size(0), offsetGroups, -1, taps, height * width);
        if (in.has(4)) {
            taken = taken.mul(in.at(4).reshape(x.size(0), offsetGroups, 1, taps, height * width));
        }
        Tensor columns = taken.reshape(x.size(0), groups, x.size(1) / groups, taps, height * width);
        Tensor kernels = weight.reshape(groups, weight.size(0) / groups, weight.size(1), taps);
        Tensor y = torch.einsum("ngckp,gock->ngop", new TensorVector(columns, kernels))
                .reshape(x.size(0), weight.size(0), height, width);
        return in.has(3) ? y.add(in.at(3).reshape(1, -1, 1, 1)) : y;
    }

    /// Sampling places in GridSample's coordinates, x before y: (2p + 1) / size − 1 for pixel p.
    private static Tensor grid(Tensor offset, Window window, Tensor x) {
        Tensor[] axes = new Tensor[2];
        for (int i = 0; i < 2; i++) {
            long kernel = window.kernel()[i];
            long across = window.kernel()[1];
            int axis = i;
            float[] tap = new float[(int) offset.size(1)];
            for (int k = 0; k < tap.length; k++) {
                tap[k] = (axis == 0 ? k / across : k % kernel) * window.dilations()[i] - window.begins()[i];
            }
            long[] outputs = {1, 1, 1, 1};
            outputs[2 + i] = offset.size(3 + i);
            Tensor output = torch.arange(new Scalar(offset.size(3 + i)), new TensorOptions(ScalarType.Float))
                    .mul(new Scalar(window.strides()[i]))
                    .reshape(outputs);
            Tensor place = offset.select(2, i)
                    .add(HostTransfer.ofFloats(tap, 1, tap.length, 1, 1).to(x.scalar_type()))
                    .add(output.to(x.scalar_type()));
            axes[i] = place.mul(new Scalar(2))
                    .add(new Scalar(1))
                    .div(new Scalar(x.size(2 + i)))
                    .sub(new Scalar(1));
        }
        return torch.stack(new TensorVector(axes[1], axes[0]), 4);
    }

    /// Adds up the elements of all blocks at their places. Inputs: columns `[batch, channels · block,
    /// blocks]`, image shape, block shape.
    private static Tensor columnsToImage(NodeView node, Inputs in) {
        Tensor columns = in.at(0);
        long[] image = in.longs(1);
        long[] block = in.longs(2);
        Window window = Window.of(node, block);
        int rank = block.length;
        long[] padded = new long[rank];
        Arrays.setAll(padded, i -> image[i] + window.begins()[i] + window.ends()[i]);
        long elements = product(block);
        Tensor places = places(window, padded).reshape(-1);
        long channels = columns.size(1) / elements;
        Tensor flat = torch.zeros(new long[] {columns.size(0), channels, product(padded)}, columns.options());
        Tensor sums = flat.index_add(2, places, columns.reshape(columns.size(0), channels, -1));
        long[] shape = LongStream.concat(LongStream.of(columns.size(0), channels), LongStream.of(padded))
                .toArray();
        Tensor result = sums.reshape(shape);
        for (int i = 0; i < rank; i++) {
            result = result.narrow(i + 2, window.begins()[i], image[i]);
        }
        return result;
    }

    /// The place in the flattened image of each element of each block, `[elements, blocks]`.
    private static Tensor places(Window window, long[] image) {
        int rank = image.length;
        Tensor places = HostTransfer.ofLongs(new long[] {0});
        for (int i = 0; i < rank; i++) {
            long[] inBlock = Window.filled(2 * rank, 1);
            long[] ofBlock = inBlock.clone();
            inBlock[i] = window.kernel()[i];
            ofBlock[rank + i] = (image[i] - window.extent(i)) / window.strides()[i] + 1;
            Tensor element = Attending.positions(inBlock[i]).mul(new Scalar(window.dilations()[i]));
            Tensor start = Attending.positions(ofBlock[rank + i]).mul(new Scalar(window.strides()[i]));
            places = places.mul(new Scalar(image[i]))
                    .add(element.reshape(inBlock).add(start.reshape(ofBlock)));
        }
        return places;
    }

    private static long product(long[] values) {
        return LongStream.of(values).reduce(1, (a, b) -> a * b);
    }

    /// Crops or pads with zeros around the centre; an odd element more or less is at the end.
    private static Tensor centred(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        long[] asked = in.longs(1);
        long[] axes = node.integers("axes", LongStream.range(0, asked.length).toArray());
        int rank = (int) x.dim();
        long[] pads = new long[2 * rank];
        for (int i = 0; i < axes.length; i++) {
            int axis = (int) (axes[i] < 0 ? axes[i] + rank : axes[i]);
            long missing = asked[i] - x.size(axis);
            pads[axis] = missing / 2;
            pads[rank + axis] = missing - missing / 2;
        }
        return Padding.pad(x, pads, "constant", new Scalar(0));
    }
}
