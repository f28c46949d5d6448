package ai.vernier.analyze;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Shapes of a graph's values as far as they follow from the model without running it, for one sample: a symbolic or
/// unknown first axis of an input counts as 1, every other unknown extent is −1.
///
/// Covers the operators that classifiers, detectors and small transformers are made of; behind any other operator the
/// shapes that the file states are used.
final class ShapeInference {
    /// Marks an axis that a reduction takes away.
    private static final long REMOVED = -2;

    private final Map<String, long[]> shapes = new HashMap<>();
    private final Map<String, TensorData> constants = new HashMap<>();
    private final Set<String> batchSymbols = new HashSet<>();

    private ShapeInference() {}

    /// Shapes by value name; values of unknown rank are absent.
    static Map<String, long[]> of(Graph graph) {
        ShapeInference inference = new ShapeInference();
        graph.requiredInputs().forEach(inference::input);
        graph.initializers().forEach(inference::constant);
        graph.valueInfos().forEach(inference::stated);
        graph.outputs().forEach(inference::stated);
        graph.nodes().forEach(inference::infer);
        return inference.shapes;
    }

    private void input(Value input) {
        input.shape().ifPresent(shape -> {
            long[] sizes = shape.sizes();
            if (sizes.length > 0 && sizes[0] < 0) {
                sizes[0] = 1;
                if (shape.dimensions().getFirst() instanceof Dimension.Symbolic(String name)) {
                    batchSymbols.add(name);
                }
            }
            shapes.put(input.name(), sizes);
        });
    }

    private void stated(Value value) {
        value.shape().ifPresent(shape -> shapes.putIfAbsent(value.name(), sizes(shape)));
    }

    private long[] sizes(Shape shape) {
        return shape.dimensions().stream().mapToLong(this::size).toArray();
    }

    private long size(Dimension dimension) {
        return switch (dimension) {
            case Dimension.Known(long size) -> size;
            case Dimension.Symbolic(String name) -> batchSymbols.contains(name) ? 1 : -1;
            case Dimension.Unknown() -> -1;
        };
    }

    private void constant(String name, TensorData tensor) {
        constants.put(name, tensor);
        shapes.put(name, tensor.dims());
    }

    private void infer(Node node) {
        if (node.outputs().isEmpty()) {
            return;
        }
        if (node.opType().equals("Constant")
                && node.attributes().get("value") instanceof Attribute.TensorValue(TensorData tensor)) {
            constant(node.outputs().getFirst(), tensor);
            return;
        }
        outputOrNone(node).ifPresent(found -> shapes.merge(node.outputs().getFirst(), found, ShapeInference::better));
    }

    /// Empty also where the node contradicts itself: whoever runs it says what is wrong.
    private Optional<long[]> outputOrNone(Node node) {
        try {
            return output(node);
        } catch (InvalidInputException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | ArithmeticException
                | NegativeArraySizeException _) {
            return Optional.empty();
        }
    }

    /// The inferred extents, completed by what the file states.
    private static long[] better(long[] stated, long[] inferred) {
        if (stated.length != inferred.length) {
            return inferred;
        }
        long[] merged = inferred.clone();
        for (int i = 0; i < merged.length; i++) {
            merged[i] = merged[i] < 0 ? stated[i] : merged[i];
        }
        return merged;
    }

    private Optional<long[]> output(Node node) {
        if (!node.domain().isEmpty()) {
            return Optional.empty();
        }
        Optional<long[]> first = input(node, 0);
        return switch (node.opType()) {
            case "Conv", "ConvInteger" -> convolution(node);
            case "ConvTranspose" -> transposedConvolution(node);
            case "MaxPool", "AveragePool", "LpPool" -> first.flatMap(in -> pooled(node, in));
            case "GlobalAveragePool", "GlobalMaxPool" -> first.map(ShapeInference::globallyPooled);
            case "Gemm" -> gemm(node);
            case "MatMul", "MatMulInteger" -> matMul(node);
            case "Add", "Sub", "Mul", "Div", "Pow", "PRelu", "Max", "Min", "Sum", "Where" -> broadcast(node);
            case "Concat" -> concat(node);
            case "Flatten" -> first.map(in -> flattened(in, node.intAttribute("axis", 1)));
            case "Reshape" -> first.flatMap(in -> reshaped(node, in));
            case "Transpose" -> first.map(in -> transposed(node, in));
            case "Resize", "Upsample" -> first.flatMap(in -> resized(node, in));
            case "Gather" -> gathered(node);
            case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin" -> first.map(in -> reduced(node, in));
            case "Slice" -> first.flatMap(in -> sliced(node, in));
            case "Pad" -> first.flatMap(in -> padded(node, in));
            case "DepthToSpace" -> first.map(in -> spread(in, node.intAttribute("blocksize", 1)));
            case "LSTM", "GRU", "RNN", "If", "Loop", "Scan" -> Optional.empty();
            default -> keepsShape(node) ? first : Optional.empty();
        };
    }

    private static boolean keepsShape(Node node) {
        return switch (node.opType()) {
            case "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "Mish" ->
                true;
            case "Tanh", "Softmax", "LogSoftmax", "Softplus", "Softsign", "Erf", "Exp", "Log", "Sqrt", "Neg" -> true;
            case "Abs", "Gelu", "BatchNormalization", "InstanceNormalization", "LayerNormalization", "LRN" -> true;
            case "Identity", "Dropout", "Cast", "QuantizeLinear", "DequantizeLinear", "Reciprocal" -> true;
            default -> false;
        };
    }

    private Optional<long[]> input(Node node, int index) {
        return node.input(index).flatMap(name -> Optional.ofNullable(shapes.get(name)));
    }

    private Optional<long[]> convolution(Node node) {
        Optional<long[]> in = input(node, 0);
        Optional<long[]> weight = input(node, 1);
        if (in.isEmpty() || weight.isEmpty() || in.get().length != weight.get().length) {
            return Optional.empty();
        }
        long[] kernel = Arrays.copyOfRange(weight.get(), 2, weight.get().length);
        long[] out = new Window(node, kernel).slide(in.get());
        out[1] = weight.get()[0];
        return Optional.of(out);
    }

    private static Optional<long[]> pooled(Node node, long[] in) {
        return node.intsAttribute("kernel_shape")
                .filter(kernel -> kernel.length == in.length - 2)
                .map(kernel -> new Window(node, kernel).slide(in));
    }

    private Optional<long[]> transposedConvolution(Node node) {
        Optional<long[]> in = input(node, 0);
        Optional<long[]> weight = input(node, 1);
        if (in.isEmpty() || weight.isEmpty() || in.get().length != weight.get().length) {
            return Optional.empty();
        }
        long[] kernel = Arrays.copyOfRange(weight.get(), 2, weight.get().length);
        long[] out = new Window(node, kernel).spread(in.get());
        out[1] = weight.get()[1] * node.intAttribute("group", 1);
        return Optional.of(out);
    }

    private static long[] globallyPooled(long[] in) {
        long[] out = in.clone();
        Arrays.fill(out, Math.min(2, out.length), out.length, 1);
        return out;
    }

    private Optional<long[]> gemm(Node node) {
        Optional<long[]> left = input(node, 0).filter(shape -> shape.length == 2);
        Optional<long[]> right = input(node, 1).filter(shape -> shape.length == 2);
        if (left.isEmpty() || right.isEmpty()) {
            return Optional.empty();
        }
        long rows = left.get()[node.intAttribute("transA", 0) == 0 ? 0 : 1];
        long columns = right.get()[node.intAttribute("transB", 0) == 0 ? 1 : 0];
        return Optional.of(new long[] {rows, columns});
    }

    private Optional<long[]> matMul(Node node) {
        Optional<long[]> left = input(node, 0).filter(shape -> shape.length >= 2);
        Optional<long[]> right = input(node, 1).filter(shape -> shape.length >= 2);
        if (left.isEmpty() || right.isEmpty()) {
            return Optional.empty();
        }
        long[] a = left.get();
        long[] b = right.get();
        long[] batch = broadcast(Arrays.copyOf(a, a.length - 2), Arrays.copyOf(b, b.length - 2));
        long[] out = Arrays.copyOf(batch, batch.length + 2);
        out[out.length - 2] = a[a.length - 2];
        out[out.length - 1] = b[b.length - 1];
        return Optional.of(out);
    }

    private Optional<long[]> broadcast(Node node) {
        long[] result = new long[0];
        for (int i = 0; i < node.inputs().size(); i++) {
            Optional<long[]> next = input(node, i);
            if (next.isEmpty()) {
                return Optional.empty();
            }
            result = broadcast(result, next.get());
        }
        return Optional.of(result);
    }

    private static long[] broadcast(long[] a, long[] b) {
        long[] out = new long[Math.max(a.length, b.length)];
        for (int i = 1; i <= out.length; i++) {
            long left = i <= a.length ? a[a.length - i] : 1;
            long right = i <= b.length ? b[b.length - i] : 1;
            out[out.length - i] = left == 1 ? right : (right == 1 ? left : Math.max(left, right));
        }
        return out;
    }

    private Optional<long[]> concat(Node node) {
        Optional<long[]> first = input(node, 0);
        if (first.isEmpty()) {
            return first;
        }
        long[] out = first.get().clone();
        int axis = axis(node.intAttribute("axis", 1), out.length);
        for (int i = 1; i < node.inputs().size(); i++) {
            Optional<long[]> next = input(node, i).filter(shape -> shape.length == out.length);
            if (next.isEmpty()) {
                return Optional.empty();
            }
            long extent = next.get()[axis];
            out[axis] = out[axis] < 0 || extent < 0 ? -1 : out[axis] + extent;
        }
        return Optional.of(out);
    }

    private static int axis(long axis, int rank) {
        return (int) (axis < 0 ? axis + rank : axis);
    }

    private static long[] flattened(long[] in, long axis) {
        int split = axis(axis, in.length);
        return new long[] {product(in, 0, split), product(in, split, in.length)};
    }

    private static long product(long[] extents, int from, int to) {
        long product = 1;
        for (int i = from; i < to; i++) {
            if (extents[i] < 0) {
                return -1;
            }
            product *= extents[i];
        }
        return product;
    }

    private Optional<long[]> reshaped(Node node, long[] in) {
        Optional<long[]> wanted = node.input(1).flatMap(this::integers).or(() -> node.intsAttribute("shape"));
        return wanted.map(shape -> {
            long[] out = shape.clone();
            int open = -1;
            for (int i = 0; i < out.length; i++) {
                out[i] = out[i] == 0 && i < in.length ? in[i] : out[i];
                open = shape[i] == -1 ? i : open;
            }
            if (open >= 0) {
                out[open] = 1;
                long rest = product(out, 0, out.length);
                long all = product(in, 0, in.length);
                out[open] = rest > 0 && all >= 0 ? all / rest : -1;
            }
            return out;
        });
    }

    private static long[] transposed(Node node, long[] in) {
        Optional<long[]> order = node.intsAttribute("perm");
        long[] out = new long[in.length];
        for (int i = 0; i < in.length; i++) {
            out[i] = in[order.isPresent() ? (int) order.get()[i] : in.length - 1 - i];
        }
        return out;
    }

    private Optional<long[]> resized(Node node, long[] in) {
        boolean scalesFirst = node.opType().equals("Upsample") || node.inputs().size() == 2;
        Optional<long[]> sizes = node.input(3).flatMap(this::integers);
        if (sizes.isPresent()) {
            return sizes;
        }
        Optional<TensorData> scales =
                node.input(scalesFirst ? 1 : 2).flatMap(name -> Optional.ofNullable(constants.get(name)));
        return scales.filter(tensor -> tensor.dataType() == DataType.FLOAT && tensor.elementCount() == in.length)
                .map(tensor -> {
                    long[] out = in.clone();
                    for (int i = 0; i < in.length; i++) {
                        out[i] = in[i] < 0 ? -1 : (long) Math.floor(in[i] * (double) tensor.floatAt(i));
                    }
                    return out;
                });
    }

    /// Slice as of opset 10: starts, ends, axes and steps are inputs.
    private Optional<long[]> sliced(Node node, long[] in) {
        Optional<long[]> starts = node.input(1).flatMap(this::integers);
        Optional<long[]> ends = node.input(2).flatMap(this::integers);
        if (starts.isEmpty() || ends.isEmpty()) {
            return Optional.empty();
        }
        int count = starts.get().length;
        long[] axes = node.input(3).flatMap(this::integers).orElseGet(() -> counting(count));
        long[] steps = node.input(4).flatMap(this::integers).orElseGet(() -> Window.filled(count, 1));
        long[] out = in.clone();
        for (int i = 0; i < count; i++) {
            int axis = axis(axes[i], in.length);
            out[axis] = in[axis] < 0 || steps[i] < 1
                    ? -1
                    : Math.max(
                            0,
                            Math.ceilDiv(bound(ends.get()[i], in[axis]) - bound(starts.get()[i], in[axis]), steps[i]));
        }
        return Optional.of(out);
    }

    private static long[] counting(int count) {
        return LongStream.range(0, count).toArray();
    }

    private static long bound(long index, long extent) {
        return Math.clamp(index < 0 ? index + extent : index, 0, extent);
    }

    private Optional<long[]> padded(Node node, long[] in) {
        return node.input(1)
                .flatMap(this::integers)
                .or(() -> node.intsAttribute("pads"))
                .filter(pads -> pads.length == 2 * in.length)
                .map(pads -> {
                    long[] out = in.clone();
                    for (int i = 0; i < in.length; i++) {
                        out[i] = in[i] < 0 ? -1 : in[i] + pads[i] + pads[i + in.length];
                    }
                    return out;
                });
    }

    private static long[] spread(long[] in, long block) {
        long[] out = in.clone();
        if (out.length == 4) {
            out[1] = out[1] < 0 ? -1 : out[1] / (block * block);
            out[2] = out[2] < 0 ? -1 : out[2] * block;
            out[3] = out[3] < 0 ? -1 : out[3] * block;
        }
        return out;
    }

    private Optional<long[]> gathered(Node node) {
        Optional<long[]> data = input(node, 0).filter(shape -> shape.length > 0);
        Optional<long[]> indices = input(node, 1);
        if (data.isEmpty() || indices.isEmpty()) {
            return Optional.empty();
        }
        long[] in = data.get();
        int axis = axis(node.intAttribute("axis", 0), in.length);
        return Optional.of(Stream.of(
                        Arrays.stream(in, 0, axis),
                        Arrays.stream(indices.get()),
                        Arrays.stream(in, axis + 1, in.length))
                .flatMapToLong(extents -> extents)
                .toArray());
    }

    /// Axes are an attribute, and an input in newer opsets; without them all axes are reduced.
    private long[] reduced(Node node, long[] in) {
        long[] axes = node.intsAttribute("axes")
                .or(() -> node.input(1).flatMap(this::integers))
                .orElseGet(() -> counting(in.length));
        boolean keeps = node.intAttribute("keepdims", 1) != 0;
        long[] out = in.clone();
        for (long axis : axes) {
            out[axis(axis, in.length)] = keeps ? 1 : REMOVED;
        }
        return Arrays.stream(out).filter(extent -> extent != REMOVED).toArray();
    }

    private Optional<long[]> integers(String name) {
        return Optional.ofNullable(constants.get(name))
                .filter(tensor -> tensor.dataType().isInteger())
                .map(TensorData::toLongs);
    }
}
