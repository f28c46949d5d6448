package ai.vernier.engine.op;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Pooling over one or two spatial axes; a one-dimensional input is seen as an image of height 1.
final class PoolOps {
    private PoolOps() {}

    static void register(OpTable ops) {
        ops.bind("MaxPool", 1, PoolOps::maxPool);
        ops.bind("AveragePool", 1, PoolOps::averagePool);
        ops.add("GlobalAveragePool", 1, (_, in) -> globalAverage(in.at(0)));
        ops.add("GlobalMaxPool", 1, (_, in) -> torch.amax(in.at(0), spatialAxes(in.at(0)), true));
    }

    private static Tensor globalAverage(Tensor x) {
        return x.dim() == 4
                ? torch.adaptive_avg_pool2d(x, 1, 1)
                : torch.mean(x, spatialAxes(x), true, new ScalarTypeOptional());
    }

    private static long[] spatialAxes(Tensor x) {
        return LongStream.range(2, x.dim()).toArray();
    }

    @FunctionalInterface
    private interface Pool {
        Tensor apply(Tensor x, Window window);
    }

    private static BoundOp maxPool(NodeView node) {
        if (node.wantsOutput(1)) {
            throw node.unsupported("with indices asked for");
        }
        boolean ceil = node.flag("ceil_mode", false);
        return bound(node, (x, window) -> {
            boolean direct = window.isSymmetric() && fitsHalf(window);
            Tensor source =
                    direct ? x : Padding.padSpatial(x, window.begins(), window.ends(), Double.NEGATIVE_INFINITY);
            long[] pads = direct ? window.begins() : Window.filled(2, 0);
            return torch.max_pool2d(source, window.kernel(), window.strides(), pads, window.dilations(), ceil);
        });
    }

    private static BoundOp averagePool(NodeView node) {
        boolean ceil = node.flag("ceil_mode", false);
        boolean countPads = node.flag("count_include_pad", false);
        return bound(node, (x, window) -> {
            if (window.isDilated()) {
                throw node.unsupported("with dilations");
            }
            if (window.isSymmetric() && fitsHalf(window)) {
                return torch.avg_pool2d(
                        x, window.kernel(), window.strides(), window.begins(), ceil, countPads, new LongOptional());
            }
            Tensor sums = average(Padding.padSpatial(x, window.begins(), window.ends(), 0), window, ceil);
            if (countPads) {
                return sums;
            }
            Tensor ones = torch.ones_like(x.narrow(0, 0, 1).narrow(1, 0, 1));
            Tensor shares = average(Padding.padSpatial(ones, window.begins(), window.ends(), 0), window, ceil);
            return sums.div(shares);
        });
    }

    private static Tensor average(Tensor padded, Window window, boolean ceil) {
        return torch.avg_pool2d(
                padded, window.kernel(), window.strides(), Window.filled(2, 0), ceil, true, new LongOptional());
    }

    /// LibTorch pads by at most half the kernel.
    private static boolean fitsHalf(Window window) {
        return LongStream.range(0, 2).allMatch(i -> window.begins()[(int) i] <= window.kernel()[(int) i] / 2);
    }

    private static BoundOp bound(NodeView node, Pool pool) {
        long[] kernel = node.integers("kernel_shape");
        if (kernel.length != 1 && kernel.length != 2) {
            throw node.unsupported("over " + kernel.length + " axes");
        }
        Window window = Window.of(node, kernel);
        boolean flat = kernel.length == 1;
        return in -> {
            Tensor x = flat ? in.at(0).unsqueeze(2) : in.at(0);
            long[] spatial = Arrays.copyOfRange(HostTransfer.sizes(x), 2, 4);
            Window here = (flat ? window.lifted() : window).resolved(spatial);
            Tensor y = onFloats(x, here, pool);
            return new Tensor[] {flat ? y.squeeze(2) : y};
        };
    }

    /// LibTorch pools no 8-bit integers; float32 carries them exactly.
    private static Tensor onFloats(Tensor x, Window window, Pool pool) {
        return x.is_floating_point()
                ? pool.apply(x, window)
                : pool.apply(x.to(torch.ScalarType.Float), window).to(x.scalar_type());
    }
}
