package ai.vernier.analyze;

import java.util.Arrays;

/// Shapes behind operators that slide windows over images or resize them; `[batch, channels, space…]`.
final class WindowShapes {
    private WindowShapes() {}

    /// Infers the outputs of `node`; false where it is of another family.
    static boolean infer(NodeFacts node) {
        switch (node.type()) {
            case "Conv", "ConvInteger", "com.microsoft.FusedConv" -> convolution(node, 1);
            case "QLinearConv" -> convolution(node, 3);
            case "DeformConv" -> convolution(node, 1);
            case "ConvTranspose" -> transposed(node);
            case "MaxPool", "AveragePool", "LpPool", "com.microsoft.QLinearAveragePool" -> pool(node);
            case "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "com.microsoft.QLinearGlobalAveragePool" ->
                globalPool(node);
            case "Resize" -> resized(node, node.node().inputs().size() == 2 ? 1 : 2);
            case "Upsample" -> resized(node, 1);
            case "DepthToSpace" -> blocks(node, node.number("blocksize", 1), true);
            case "SpaceToDepth" -> blocks(node, node.number("blocksize", 1), false);
            case "GridSample" -> gridSample(node);
            case "RoiAlign" -> regions(node);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void convolution(NodeFacts node, int weightInput) {
        long[] in = node.shape(0);
        long[] weight = node.shape(weightInput);
        if (in.length != weight.length || in.length < 3) {
            throw new Undetermined();
        }
        long[] out = new Window(node.node(), kernel(node, weight)).slide(in);
        out[1] = weight[0];
        node.is(0, out);
    }

    private static long[] kernel(NodeFacts node, long[] weight) {
        long[] kernel =
                node.node().intsAttribute("kernel_shape").orElseGet(() -> Arrays.copyOfRange(weight, 2, weight.length));
        if (kernel.length != weight.length - 2 || Arrays.stream(kernel).anyMatch(extent -> extent < 0)) {
            throw new Undetermined();
        }
        return kernel;
    }

    private static void transposed(NodeFacts node) {
        long[] in = node.shape(0);
        long[] weight = node.shape(1);
        if (in.length != weight.length || in.length < 3) {
            throw new Undetermined();
        }
        long[] out = new Window(node.node(), kernel(node, weight)).spread(in);
        out[1] = weight[1] < 0 ? ValueFacts.OPEN : Math.multiplyExact(weight[1], node.number("group", 1));
        long[] asked = node.node().intsAttribute("output_shape").orElse(new long[0]);
        System.arraycopy(asked, 0, out, out.length - asked.length, asked.length);
        node.is(0, out);
    }

    private static void pool(NodeFacts node) {
        long[] in = node.shape(0);
        long[] kernel = node.node().intsAttribute("kernel_shape").orElseThrow(Undetermined::new);
        if (kernel.length != in.length - 2) {
            throw new Undetermined();
        }
        long[] out = new Window(node.node(), kernel).slide(in);
        node.is(0, out);
        node.is(1, out);
    }

    private static void globalPool(NodeFacts node) {
        long[] out = node.shape(0);
        Arrays.fill(out, Math.min(2, out.length), out.length, 1);
        node.is(0, out);
    }

    private static void resized(NodeFacts node, int scalesInput) {
        long[] out = node.shape(0);
        long[] axes = node.node().intsAttribute("axes").orElseGet(() -> MovementShapes.counting(out.length));
        if (!node.text("keep_aspect_ratio_policy", "stretch").equals("stretch")) {
            throw new Undetermined();
        }
        if (node.has(3)) {
            long[] sizes = node.elements(3);
            for (int i = 0; i < axes.length; i++) {
                out[NodeFacts.axis(axes[i], out.length)] = Math.max(sizes[i], ValueFacts.OPEN);
            }
        } else {
            scale(out, axes, scales(node, scalesInput));
        }
        node.is(0, out);
    }

    private static float[] scales(NodeFacts node, int input) {
        if (node.text("coordinate_transformation_mode", "").equals("tf_crop_and_resize")) {
            throw new Undetermined();
        }
        return node.reals("scales")
                .or(() -> node.constant(input).map(tensor -> tensor.toFloats()))
                .orElseThrow(Undetermined::new);
    }

    private static void scale(long[] out, long[] axes, float[] scales) {
        for (int i = 0; i < axes.length; i++) {
            int axis = NodeFacts.axis(axes[i], out.length);
            out[axis] = out[axis] < 0 ? ValueFacts.OPEN : (long) Math.floor(out[axis] * (double) scales[i]);
        }
    }

    /// Moves blocks of `block`² pixels out of the channels, or into them.
    private static void blocks(NodeFacts node, long block, boolean outOfChannels) {
        long[] out = node.shape(0);
        if (out.length != 4) {
            throw new Undetermined();
        }
        long area = Math.multiplyExact(block, block);
        out[1] = scaled(out[1], outOfChannels ? 1 : area, outOfChannels ? area : 1);
        out[2] = scaled(out[2], outOfChannels ? block : 1, outOfChannels ? 1 : block);
        out[3] = scaled(out[3], outOfChannels ? block : 1, outOfChannels ? 1 : block);
        node.is(0, out);
    }

    private static long scaled(long extent, long factor, long divisor) {
        return extent < 0 ? ValueFacts.OPEN : Math.multiplyExact(extent, factor) / divisor;
    }

    private static void gridSample(NodeFacts node) {
        long[] out = node.shape(0);
        long[] grid = node.shape(1);
        System.arraycopy(grid, 1, out, 2, out.length - 2);
        node.is(0, out);
    }

    private static void regions(NodeFacts node) {
        long channels = node.shape(0)[1];
        node.is(0, node.shape(1)[0], channels, node.number("output_height", 1), node.number("output_width", 1));
    }
}
