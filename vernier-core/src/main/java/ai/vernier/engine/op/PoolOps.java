package ai.vernier.engine.op;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.InvalidInputException;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Pooling over one to three spatial axes; a one-dimensional input is seen as an image of height 1.
public final class PoolOps {
    /// Channels that LibTorch adds up side by side, or a multiple of it.
    private static final long CHANNELS_AT_ONCE = 64;

    private PoolOps() {}

    static void register(OpTable ops) {
        ops.bind("MaxPool", 1, PoolOps::maxPool);
        ops.bind("AveragePool", 1, PoolOps::averagePool);
        ops.bind("LpPool", 1, PoolOps::lpPool);
        ops.add("GlobalAveragePool", 1, (_, in) -> globalAverage(in.at(0)));
        ops.add("GlobalMaxPool", 1, (_, in) -> torch.amax(in.at(0), spatialAxes(in.at(0)), true));
        ops.add("GlobalLpPool", 1, (node, in) -> {
            double p = node.integer("p", 2);
            Tensor powers = torch.pow(torch.abs(in.at(0)), new Scalar(p));
            return root(torch.sum(powers, spatialAxes(powers), true, new ScalarTypeOptional()), p);
        });
        ops.add("MaxUnpool", 9, PoolOps::maxUnpool);
    }

    /// In double where LibTorch would add up some channels, those behind the last whole group, in another
    /// order than the rest: equal channels must have equal averages, on which a softmax may hang.
    private static Tensor globalAverage(Tensor x) {
        boolean isFloat = x.scalar_type().intern() == ScalarType.Float;
        if (isFloat && x.dim() > 2 && x.size(1) % CHANNELS_AT_ONCE != 0) {
            return torch.mean(x, spatialAxes(x), true, new ScalarTypeOptional(ScalarType.Double))
                    .to(ScalarType.Float);
        }
        return x.dim() == 4
                ? torch.adaptive_avg_pool2d(x, 1, 1)
                : torch.mean(x, spatialAxes(x), true, new ScalarTypeOptional());
    }

    private static long[] spatialAxes(Tensor x) {
        return LongStream.range(2, x.dim()).toArray();
    }

    private static BoundOp maxPool(NodeView node) {
        boolean ceil = node.flag("ceil_mode", false);
        if (node.wantsOutput(1)) {
            return in -> MaxPoolIndices.of(node, in.at(0), ceil);
        }
        return bound(node, (x, window) -> {
            if (isDirect(window)) {
                return max(x, window, window.begins(), ceil);
            }
            Window covering = window.covering(spatial(x), ceil);
            return max(lowPadded(x, covering), covering, Window.filled(window.rank(), 0), false);
        });
    }

    private static Tensor max(Tensor x, Window window, long[] pads, boolean ceil) {
        return window.rank() == 2
                ? torch.max_pool2d(x, window.kernel(), window.strides(), pads, window.dilations(), ceil)
                : torch.max_pool3d(x, window.kernel(), window.strides(), pads, window.dilations(), ceil);
    }

    static Tensor lowPadded(Tensor x, Window window) {
        return Padding.padSpatial(x, window.begins(), window.ends(), Double.NEGATIVE_INFINITY);
    }

    static BoundOp averagePool(NodeView node) {
        boolean ceil = node.flag("ceil_mode", false);
        boolean countPads = node.flag("count_include_pad", false);
        return bound(node, (x, window) -> {
            if (isDirect(window) && !window.isDilated()) {
                return average(x, window, ceil, countPads);
            }
            Window covering = window.covering(spatial(x), ceil);
            return sums(x, covering).div(counts(x, window, covering, countPads));
        });
    }

    private static Tensor average(Tensor x, Window window, boolean ceil, boolean countPads) {
        LongOptional count = new LongOptional();
        return window.rank() == 2
                ? torch.avg_pool2d(x, window.kernel(), window.strides(), window.begins(), ceil, countPads, count)
                : torch.avg_pool3d(x, window.kernel(), window.strides(), window.begins(), ceil, countPads, count);
    }

    /// How many elements each window averages: those of the input, and with `countPads` those of the
    /// stated padding.
    private static Tensor counts(Tensor x, Window window, Window covering, boolean countPads) {
        Tensor ones = torch.ones_like(x.narrow(0, 0, 1).narrow(1, 0, 1));
        if (!countPads) {
            return sums(ones, covering);
        }
        long[] none = Window.filled(window.rank(), 0);
        long[] beyond = new long[window.rank()];
        Arrays.setAll(beyond, i -> covering.ends()[i] - window.ends()[i]);
        Tensor whole = Padding.padSpatial(ones, window.begins(), window.ends(), 1);
        return sums(whole, new Window(window.kernel(), window.strides(), window.dilations(), none, beyond, "NOTSET"));
    }

    /// The sum of each window over the zero-padded input.
    private static Tensor sums(Tensor x, Window window) {
        Tensor padded = Padding.padSpatial(x, window.begins(), window.ends(), 0);
        long[] none = Window.filled(window.rank(), 0);
        if (window.isDilated()) {
            return dilatedSums(padded, window);
        }
        LongOptional one = new LongOptional(1);
        return window.rank() == 2
                ? torch.avg_pool2d(padded, window.kernel(), window.strides(), none, false, true, one)
                : torch.avg_pool3d(padded, window.kernel(), window.strides(), none, false, true, one);
    }

    /// LibTorch averages no dilated windows; a convolution with ones sums them.
    private static Tensor dilatedSums(Tensor padded, Window window) {
        long[] shape = HostTransfer.sizes(padded);
        long[] flat = shape.clone();
        flat[0] = shape[0] * shape[1];
        flat[1] = 1;
        long[] ones = LongStream.concat(LongStream.of(1, 1), LongStream.of(window.kernel()))
                .toArray();
        long[] none = Window.filled(window.rank(), 0);
        Tensor sums = torch.convolution(
                padded.reshape(flat),
                torch.ones(ones, padded.options()),
                NormalizationOps.some(null),
                window.strides(),
                none,
                window.dilations(),
                false,
                none,
                1);
        long[] pooled = HostTransfer.sizes(sums);
        pooled[0] = shape[0];
        pooled[1] = shape[1];
        return sums.reshape(pooled);
    }

    /// y = (Σ |x|ᵖ)^(1/p)
    private static BoundOp lpPool(NodeView node) {
        double p = node.integer("p", 2);
        boolean ceil = node.flag("ceil_mode", false);
        return bound(node, (x, window) -> {
            Tensor powers = torch.pow(torch.abs(x), new Scalar(p));
            return root(sums(powers, window.covering(spatial(x), ceil)), p);
        });
    }

    private static Tensor root(Tensor sums, double p) {
        return torch.pow(sums, new Scalar(1 / p));
    }

    /// Puts each element where `MaxPool` found it; a larger output shape adds zeros at the ends.
    private static Tensor maxUnpool(NodeView node, Inputs in) {
        Tensor x = in.at(0);
        Window window = Window.of(node, node.integers("kernel_shape"));
        long[] shape = HostTransfer.sizes(x);
        for (int i = 0; i < window.rank(); i++) {
            long covered = (shape[i + 2] - 1) * window.strides()[i] + window.kernel()[i];
            shape[i + 2] = covered - window.begins()[i] - window.ends()[i];
        }
        long total = LongStream.of(shape).reduce(1, (a, b) -> a * b);
        Tensor flat = torch.scatter(
                torch.zeros(new long[] {total}, x.options()), 0, in.at(1).reshape(-1), x.reshape(-1));
        Tensor y = flat.reshape(shape);
        if (!in.has(2)) {
            return y;
        }
        long[] asked = in.longs(2);
        long[] beyond = new long[window.rank()];
        Arrays.setAll(beyond, i -> asked[i + 2] - shape[i + 2]);
        return Padding.padSpatial(y, Window.filled(window.rank(), 0), beyond, 0);
    }

    /// LibTorch pads both ends alike, by at most half the kernel.
    private static boolean isDirect(Window window) {
        boolean fits = LongStream.range(0, window.rank())
                .allMatch(i -> window.begins()[(int) i] <= window.kernel()[(int) i] / 2);
        return fits && window.isSymmetric();
    }

    public static long[] spatial(Tensor x) {
        return Arrays.copyOfRange(HostTransfer.sizes(x), 2, (int) x.dim());
    }

    @FunctionalInterface
    private interface Pool {
        Tensor apply(Tensor x, Window window);
    }

    private static BoundOp bound(NodeView node, Pool pool) {
        Window window = window(node);
        boolean flat = window.rank() == 1;
        return in -> {
            Tensor x = flat ? in.at(0).unsqueeze(2) : in.at(0);
            Window here = (flat ? window.lifted() : window).resolved(spatial(x));
            Tensor y = onFloats(x, here, pool);
            return new Tensor[] {flat ? y.squeeze(2) : y};
        };
    }

    static Window window(NodeView node) {
        long[] kernel = node.integers("kernel_shape");
        if (kernel.length == 0) {
            throw new InvalidInputException("%s (opset %d): kernel_shape is missing"
                    .formatted(node.node().label(), node.opset()));
        }
        if (kernel.length > 3) {
            throw node.unsupported("over " + kernel.length + " axes");
        }
        return Window.of(node, kernel);
    }

    /// LibTorch pools no 8-bit integers; float32 carries them exactly.
    private static Tensor onFloats(Tensor x, Window window, Pool pool) {
        return x.is_floating_point()
                ? pool.apply(x, window)
                : pool.apply(x.to(torch.ScalarType.Float), window).to(x.scalar_type());
    }
}
