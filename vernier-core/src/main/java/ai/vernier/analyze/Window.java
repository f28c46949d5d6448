package ai.vernier.analyze;

import ai.vernier.onnx.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A sliding window with the attributes of convolutions and pools.
final class Window {
    private final long[] kernel;
    private final long[] strides;
    private final long[] dilations;
    private final long[] padsBefore;
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
        this.padsBefore = Arrays.copyOf(both, axes);
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
        boolean pads = !autoPad.equals("VALID");
        long room = extent + (pads ? this.pads.get(axis) : 0) - reach;
        if (!roundsUp) {
            return Math.floorDiv(room, strides[axis]) + 1;
        }
        long count = Math.ceilDiv(room, strides[axis]) + 1;
        // A last window that would start behind the image is left out.
        boolean startsBehind = (count - 1) * strides[axis] >= extent + (pads ? padsBefore[axis] : 0);
        return startsBehind ? count - 1 : count;
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
