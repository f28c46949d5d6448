package ai.vernier.analyze;

import ai.vernier.onnx.Node;
import java.util.ArrayList;
import java.util.List;

/// A sliding window with the attributes of convolutions and pools.
final class Window {
    private final long[] kernel;
    private final long[] strides;
    private final long[] dilations;
    private final List<Long> pads = new ArrayList<>();
    private final long[] outputPadding;
    private final String autoPad;
    private final boolean roundsUp;

    Window(Node node, long[] kernel) {
        this.kernel = kernel;
        int axes = kernel.length;
        this.strides = node.intsAttribute("strides").orElseGet(() -> PointwiseShapes.filled(axes, 1));
        this.dilations = node.intsAttribute("dilations").orElseGet(() -> PointwiseShapes.filled(axes, 1));
        long[] both = node.intsAttribute("pads").orElseGet(() -> PointwiseShapes.filled(2 * axes, 0));
        for (int i = 0; i < axes; i++) {
            pads.add(both[i] + both[i + axes]);
        }
        this.outputPadding = node.intsAttribute("output_padding").orElseGet(() -> PointwiseShapes.filled(axes, 0));
        this.autoPad = node.stringAttribute("auto_pad", "NOTSET");
        this.roundsUp = node.intAttribute("ceil_mode", 0) != 0;
    }

    /// Extents of [batch, channels, space…] after sliding over the space.
    long[] slide(long[] in) {
        long[] out = in.clone();
        for (int i = 0; i < kernel.length; i++) {
            out[i + 2] = in[i + 2] < 0 ? -1 : slide(in[i + 2], i);
        }
        return out;
    }

    private long slide(long extent, int axis) {
        if (autoPad.startsWith("SAME")) {
            return Math.ceilDiv(extent, strides[axis]);
        }
        long reach = dilations[axis] * (kernel[axis] - 1) + 1;
        long room = extent + (autoPad.equals("VALID") ? 0 : pads.get(axis)) - reach;
        return (roundsUp ? Math.ceilDiv(room, strides[axis]) : Math.floorDiv(room, strides[axis])) + 1;
    }

    /// Extents of [batch, channels, space…] after the transposed operation.
    long[] spread(long[] in) {
        long[] out = in.clone();
        for (int i = 0; i < kernel.length; i++) {
            out[i + 2] = in[i + 2] < 0 ? -1 : spread(in[i + 2], i);
        }
        return out;
    }

    private long spread(long extent, int axis) {
        if (autoPad.startsWith("SAME")) {
            return extent * strides[axis];
        }
        long reach = dilations[axis] * (kernel[axis] - 1) + 1;
        return strides[axis] * (extent - 1) + outputPadding[axis] + reach - pads.get(axis);
    }
}
