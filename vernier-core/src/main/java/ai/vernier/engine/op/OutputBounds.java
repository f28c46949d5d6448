package ai.vernier.engine.op;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// The bounds of the operators whose results may be larger than their inputs by more than a small factor: those that
/// broadcast, multiply, slide windows, repeat, or make tensors out of numbers.
public final class OutputBounds {
    /// Below this product of the numbers of elements no broadcasting and no matrix product is worth a closer look.
    private static final double HARMLESS = 1 << 22;

    private OutputBounds() {}

    /// The bound of `node`; empty where the results are about as large as the inputs.
    public static Optional<OutputBound> find(NodeView node) {
        return Optional.ofNullable(
                switch (node.node().qualifiedType()) {
                    case "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Sum", "Mean", "Max", "Min", "PRelu", "Where" ->
                        broadcast();
                    case "And", "Or", "Xor", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "BitShift" ->
                        broadcast();
                    case "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BatchNormalization", "LayerNormalization" ->
                        broadcast();
                    case "QuantizeLinear", "DequantizeLinear", "com.microsoft.QLinearAdd", "com.microsoft.QLinearMul" ->
                        broadcast();
                    case "MatMul", "MatMulInteger", "com.microsoft.FusedMatMul" -> in -> product(node, in, 1, false);
                    case "QLinearMatMul" -> in -> product(node, in, 3, false);
                    case "Gemm" -> in -> product(node, in, 1, true);
                    case "Einsum" -> in -> einsum(node, in);
                    case "Conv", "ConvInteger", "com.microsoft.FusedConv" -> in -> convolution(node, in, 1);
                    case "QLinearConv" -> in -> convolution(node, in, 3);
                    case "ConvTranspose" -> in -> transposed(node, in);
                    case "MaxPool", "AveragePool", "LpPool" -> in -> pool(node, in);
                    case "RNN", "LSTM", "GRU" -> in -> recurrent(node, in);
                    default -> moving(node);
                });
    }

    /// Operators that move or make elements, one result element at a time.
    private static @Nullable OutputBound moving(NodeView node) {
        return switch (node.node().qualifiedType()) {
            case "ConstantOfShape" -> in -> OutputBound.Size.of(product(in.longs(0)));
            case "RandomNormal", "RandomUniform" -> _ -> OutputBound.Size.of(product(node.integers("shape")));
            case "Range" -> OutputBounds::range;
            case "Expand" -> in -> OutputBound.Size.of(expanded(dims(node, in, 0), in.longs(1)));
            case "Tile" -> in -> OutputBound.Size.of(numel(node, in, 0) * product(in.longs(1)));
            case "Pad" -> in -> pad(node, in);
            case "Resize", "Upsample" -> in -> resize(node, in);
            case "OneHot" -> in -> OutputBound.Size.of(numel(node, in, 0) * value(in, 1));
            case "Gather" -> in -> gather(node, in);
            case "GatherND" -> in -> gatherNd(node, in);
            case "Concat" ->
                in -> OutputBound.Size.of(IntStream.range(0, in.size())
                        .mapToDouble(i -> numel(node, in, i))
                        .sum());
            case "Multinomial" ->
                in -> OutputBound.Size.of(dims(node, in, 0)[0] * (double) node.integer("sample_size", 1));
            case "HannWindow", "HammingWindow", "BlackmanWindow" -> in -> OutputBound.Size.of(value(in, 0));
            case "MelWeightMatrix" -> in -> OutputBound.Size.of(value(in, 0) * value(in, 1));
            case "DFT" -> in -> OutputBound.Size.of(2 * numel(node, in, 0) * (in.has(1) ? value(in, 1) : 1));
            case "CenterCropPad" -> in -> OutputBound.Size.of(numel(node, in, 0) * Math.max(1, product(in.longs(1))));
            case "Col2Im" -> in -> OutputBound.Size.of(numel(node, in, 0) * Math.max(1, product(in.longs(1))));
            case "AffineGrid" -> in -> OutputBound.Size.of(3 * product(in.longs(1)));
            case "MaxUnpool" -> in -> OutputBound.Size.of(in.has(2) ? product(in.longs(2)) : 0);
            case "GridSample" -> in -> OutputBound.Size.of(channels(node, in) * numel(node, in, 1));
            case "RoiAlign", "MaxRoiPool" -> in -> regions(node, in);
            default -> null;
        };
    }

    // ---- shapes

    private static long[] dims(NodeView node, InputFacts in, int index) {
        if (in.has(index)) {
            return in.dims(index);
        }
        return node.constant(index).map(constant -> constant.dims()).orElse(new long[0]);
    }

    private static double numel(NodeView node, InputFacts in, int index) {
        return in.has(index) ? in.numel(index) : product(dims(node, in, index));
    }

    /// An extent of 0 counts as 1: operators make lists as long as the other extents.
    private static double product(long[] dims) {
        return Arrays.stream(dims).asDoubleStream().reduce(1, (a, b) -> a * Math.max(1, b));
    }

    private static double product(DoubleStream extents) {
        return extents.reduce(1, (a, b) -> a * Math.max(1, b));
    }

    /// The only element of a numeric input, whatever its type.
    private static double value(InputFacts in, int index) {
        return in.numel(index) == 1 ? in.reals(index)[0] : Double.POSITIVE_INFINITY;
    }

    private static long channels(NodeView node, InputFacts in) {
        long[] dims = dims(node, in, 0);
        return dims.length > 1 ? dims[1] : 1;
    }

    private static long from(long[] dims, int fromEnd) {
        return fromEnd <= dims.length ? dims[dims.length - fromEnd] : 1;
    }

    // ---- broadcasting and products

    private static OutputBound broadcast() {
        return in -> {
            double all = 1;
            for (int i = 0; i < in.size(); i++) {
                all *= in.has(i) ? Math.max(1, in.numel(i)) : 1;
            }
            return all <= HARMLESS ? OutputBound.Size.of(all) : OutputBound.Size.of(together(in));
        };
    }

    private static double together(InputFacts in) {
        long[] shape = {};
        for (int i = 0; i < in.size(); i++) {
            if (in.has(i)) {
                shape = merged(shape, in.dims(i));
            }
        }
        return product(shape);
    }

    private static long[] merged(long[] a, long[] b) {
        int rank = Math.max(a.length, b.length);
        long[] result = new long[rank];
        for (int i = 1; i <= rank; i++) {
            result[rank - i] = Math.max(from(a, i), from(b, i));
        }
        return result;
    }

    private static double expanded(long[] present, long[] asked) {
        return product(merged(present, asked));
    }

    /// [… × m × k] · [… × k × n], the leading axes broadcast.
    private static OutputBound.Size product(NodeView node, InputFacts in, int second, boolean mayTranspose) {
        long[] a = dims(node, in, 0);
        long[] b = dims(node, in, second);
        long m = a.length > 1 ? a[a.length - 2] : 1;
        long k = from(a, 1);
        long n = b.length > 1 ? b[b.length - 1] : 1;
        if (mayTranspose && node.flag("transA", false)) {
            long rows = m;
            m = k;
            k = rows;
        }
        if (mayTranspose && node.flag("transB", false)) {
            n = from(b, 2);
        }
        double batch = product(merged(outer(a), outer(b)));
        double elements = batch * m * n;
        return new OutputBound.Size(elements, elements * k);
    }

    private static long[] outer(long[] dims) {
        return Arrays.copyOf(dims, Math.max(0, dims.length - 2));
    }

    /// Every label that survives; without an arrow, every label.
    private static OutputBound.Size einsum(NodeView node, InputFacts in) {
        String equation = node.text("equation", "").replace(" ", "");
        String[] sides = equation.split("->", -1);
        String[] terms = sides[0].split(",", -1);
        Map<Integer, Long> extents = new HashMap<>();
        double others = 1;
        for (int i = 0; i < in.size() && i < terms.length; i++) {
            long[] dims = dims(node, in, i);
            int[] labels = terms[i].replace(".", "").chars().toArray();
            if (labels.length != dims.length) {
                others *= product(dims); // an ellipsis, or an error that the operator reports
            }
            for (int axis = 0; axis < Math.min(labels.length, dims.length); axis++) {
                extents.merge(labels[axis], dims[axis], Math::max);
            }
        }
        double all = product(extents.values().stream().mapToDouble(Long::doubleValue)) * others;
        boolean pair = sides.length == 2 && in.size() <= 2;
        double kept =
                pair ? others * product(sides[1].chars().mapToDouble(label -> extents.getOrDefault(label, 1L))) : all;
        return new OutputBound.Size(kept, all);
    }

    // ---- windows

    private static OutputBound.Size convolution(NodeView node, InputFacts in, int weightIndex) {
        long[] x = dims(node, in, 0);
        long[] weight = dims(node, in, weightIndex);
        if (x.length < 3 || weight.length != x.length) {
            return OutputBound.Size.of(0); // the operator says what is wrong
        }
        double elements = x[0] * (double) weight[0] * slid(node, x, Arrays.copyOfRange(weight, 2, weight.length));
        return new OutputBound.Size(elements, elements * product(Arrays.copyOfRange(weight, 1, weight.length)));
    }

    private static OutputBound.Size pool(NodeView node, InputFacts in) {
        long[] x = dims(node, in, 0);
        long[] kernel = node.integers("kernel_shape");
        if (x.length != kernel.length + 2) {
            return OutputBound.Size.of(0);
        }
        double elements = x[0] * (double) x[1] * slid(node, x, kernel);
        return new OutputBound.Size(elements, elements * product(kernel));
    }

    /// Window positions, or elements of the padded input where those are more.
    private static double slid(NodeView node, long[] x, long[] kernel) {
        Window window = Window.of(node, kernel).resolved(Arrays.copyOfRange(x, 2, x.length));
        return product(IntStream.range(0, kernel.length)
                .mapToDouble(
                        i -> Math.max((double) x[i + 2], (double) x[i + 2] + window.begins()[i] + window.ends()[i])));
    }

    private static OutputBound.Size transposed(NodeView node, InputFacts in) {
        long[] x = dims(node, in, 0);
        long[] weight = dims(node, in, 1);
        if (x.length < 3 || weight.length != x.length) {
            return OutputBound.Size.of(0);
        }
        int rank = x.length - 2;
        Window window = Window.of(node, Arrays.copyOfRange(weight, 2, weight.length));
        long[] extra = node.integers("output_padding", new long[rank]);
        double spatial = product(IntStream.range(0, rank)
                .mapToDouble(i -> (double) window.strides()[i] * x[i + 2]
                        + (double) (window.kernel()[i] - 1) * window.dilations()[i]
                        + (i < extra.length ? extra[i] : 0)));
        double elements = x[0] * (double) weight[1] * Math.max(1, node.integer("group", 1)) * spatial;
        return new OutputBound.Size(elements, product(x) * product(weight));
    }

    private static OutputBound.Size regions(NodeView node, InputFacts in) {
        long[] pooled = node.has("pooled_shape")
                ? node.integers("pooled_shape")
                : new long[] {node.integer("output_height", 1), node.integer("output_width", 1)};
        long[] rois = dims(node, in, 1);
        double elements = (rois.length == 0 ? 1 : rois[0]) * (double) channels(node, in) * product(pooled);
        double samples = Math.max(1, node.integer("sampling_ratio", 0));
        return new OutputBound.Size(elements, elements * samples * samples);
    }

    private static OutputBound.Size recurrent(NodeView node, InputFacts in) {
        long[] x = dims(node, in, 0);
        double hidden = node.integer("hidden_size", 1);
        double steps = x.length == 3 ? (double) x[0] * x[1] : 1;
        double elements = 8 * steps * hidden; // both directions, all gates
        return new OutputBound.Size(elements, elements * (hidden + from(x, 1)));
    }

    // ---- making and moving elements

    private static OutputBound.Size range(InputFacts in) {
        double count = (value(in, 1) - value(in, 0)) / value(in, 2);
        return OutputBound.Size.of(Double.isNaN(count) ? Double.POSITIVE_INFINITY : Math.max(0, count));
    }

    private static OutputBound.Size pad(NodeView node, InputFacts in) {
        long[] x = dims(node, in, 0);
        String attribute = node.has("pads") ? "pads" : "paddings";
        long[] pads = node.list(attribute, 1, in).orElse(new long[0]);
        long[] axes = in.has(3) ? in.longs(3) : LongStream.range(0, x.length).toArray();
        double[] extents = Arrays.stream(x).asDoubleStream().toArray();
        for (int i = 0; i < axes.length && axes.length + i < pads.length; i++) {
            int axis = Math.toIntExact(axes[i] < 0 ? axes[i] + x.length : axes[i]);
            extents[axis] += Math.max(0, (double) pads[i]) + Math.max(0, (double) pads[axes.length + i]);
        }
        return OutputBound.Size.of(product(Arrays.stream(extents)));
    }

    /// By sizes or by scales; axes that are not named keep their extent.
    private static OutputBound.Size resize(NodeView node, InputFacts in) {
        long[] x = dims(node, in, 0);
        if (in.has(3) && in.numel(3) > 0) {
            double asked = product(in.longs(3));
            boolean all = in.numel(3) == x.length;
            return OutputBound.Size.of(all ? Math.max(asked, product(x)) : asked * product(x));
        }
        double factor = 1;
        for (double scale : scales(node, in)) {
            factor *= Double.isNaN(scale) ? Double.POSITIVE_INFINITY : Math.max(1, scale);
        }
        return OutputBound.Size.of(product(x) * factor);
    }

    private static double[] scales(NodeView node, InputFacts in) {
        if (node.has("scales")) {
            return node.reals("scales");
        }
        int index = in.has(2) && in.numel(2) > 0 ? 2 : 1;
        return in.has(index) ? in.reals(index) : new double[0];
    }

    private static OutputBound.Size gather(NodeView node, InputFacts in) {
        long[] x = dims(node, in, 0);
        long given = node.integer("axis", 0);
        long axis = given < 0 ? given + x.length : given;
        double others =
                product(LongStream.range(0, x.length).filter(i -> i != axis).mapToDouble(i -> x[(int) i]));
        return OutputBound.Size.of(others * numel(node, in, 1));
    }

    private static OutputBound.Size gatherNd(NodeView node, InputFacts in) {
        long[] x = dims(node, in, 0);
        long[] indices = dims(node, in, 1);
        int depth = (int) Math.min(x.length, node.integer("batch_dims", 0) + from(indices, 1));
        double slice = product(Arrays.copyOfRange(x, Math.max(0, depth), x.length));
        return OutputBound.Size.of(numel(node, in, 1) / Math.max(1, from(indices, 1)) * slice);
    }
}
