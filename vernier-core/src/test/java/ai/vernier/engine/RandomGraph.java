package ai.vernier.engine;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;
import java.util.stream.IntStream;

/// A small model that grows by one node after the other, drawn from a seed; it knows the shape of every value and about
/// how large its elements are.
final class RandomGraph {
    /// Prime and odd extents, next to those that fill a vector, and a few below and above.
    private static final int[] EXTENTS = {1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33};

    private static final int[] OPSETS = {7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 20, 21};
    private static final DataType[] TYPES = {
        DataType.INT64, DataType.INT32, DataType.INT8, DataType.BOOL, DataType.DOUBLE, DataType.FLOAT16
    };
    private static final long MAX_ELEMENTS = 1 << 13;

    final Random random;
    final int opset;
    private final boolean allowsEmpty;
    private final List<Value> values = new ArrayList<>();
    private final List<String> read = new ArrayList<>();
    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final StringJoiner initializers = new StringJoiner(",\n  ");
    private final StringJoiner nodes = new StringJoiner("\n  ");
    private int names;

    /// @param bound on the magnitude of its elements
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Value(String name, DataType type, long[] dims, double bound) {
        int rank() {
            return dims.length;
        }

        long elements() {
            return TensorData.elementCount(dims);
        }

        boolean isFloat() {
            return type == DataType.FLOAT;
        }

        private String text() {
            String extents = Arrays.toString(dims).replace(" ", "");
            return type.text() + (dims.length == 0 ? "" : extents) + " " + name;
        }
    }

    private RandomGraph(long seed) {
        random = new Random(seed);
        opset = OPSETS[random.nextInt(OPSETS.length)];
        allowsEmpty = random.nextInt(12) == 0;
    }

    /// Some inputs and up to ten nodes.
    static RandomGraph of(long seed) {
        RandomGraph graph = new RandomGraph(seed);
        int inputs = 1 + graph.random.nextInt(3);
        for (int i = 0; i < inputs; i++) {
            DataType type =
                    i > 0 && graph.random.nextInt(4) == 0 ? TYPES[graph.random.nextInt(TYPES.length)] : DataType.FLOAT;
            graph.input(type, graph.extents(graph.random.nextInt(6)));
        }
        RandomSteps steps = new RandomSteps(graph);
        int count = 1 + graph.random.nextInt(10);
        for (int i = 0; i < count; i++) {
            steps.add();
        }
        return graph;
    }

    // ---- drawing

    long[] extents(int rank) {
        long[] dims = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            dims[axis] = allowsEmpty && random.nextInt(8) == 0 ? 0 : EXTENTS[random.nextInt(EXTENTS.length)];
            while (TensorData.elementCount(Arrays.copyOf(dims, axis + 1)) > MAX_ELEMENTS) {
                dims[axis] = 1 + dims[axis] / 4;
            }
        }
        return dims;
    }

    boolean isSmall(long... dims) {
        return Arrays.stream(dims).asDoubleStream().reduce(1, (a, b) -> a * b) <= MAX_ELEMENTS;
    }

    boolean flip() {
        return random.nextBoolean();
    }

    int upTo(int last) {
        return random.nextInt(last + 1);
    }

    long between(long first, long last) {
        return random.nextLong(first, last + 1);
    }

    /// Any value, the latest ones more often than the others.
    Value any() {
        int back = Math.min(random.nextInt(values.size()), random.nextInt(values.size()));
        return values.get(values.size() - 1 - back);
    }

    /// An axis as nodes may name it, from the front or from the end.
    long named(int axis, int rank) {
        return flip() ? axis : axis - rank;
    }

    int[] permutation(int rank) {
        List<Integer> axes = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
        Collections.shuffle(axes, random);
        return axes.stream().mapToInt(Integer::intValue).toArray();
    }

    // ---- growing

    Value input(DataType type, long... dims) {
        double bound = type == DataType.FLOAT ? 4 : 100;
        Value value = new Value("x" + names++, type, dims, bound);
        inputs.put(value.name, value);
        values.add(value);
        return value;
    }

    /// An initializer of normal numbers.
    Value constant(double scale, long... dims) {
        int count = (int) TensorData.elementCount(dims);
        StringJoiner elements = new StringJoiner(", ");
        for (int i = 0; i < count; i++) {
            elements.add(real(scale * Math.clamp(random.nextGaussian(), -3.5, 3.5)));
        }
        Value value = new Value("c" + names++, DataType.FLOAT, dims, 4 * scale);
        initializers.add(value.text() + " = {" + elements + "}");
        return value;
    }

    /// An initializer of these numbers.
    Value constant(DataType type, long[] dims, String elements) {
        Value value = new Value("c" + names++, type, dims, 0);
        initializers.add(value.text() + " = {" + elements + "}");
        return value;
    }

    Value integers(long... list) {
        return constant(DataType.INT64, new long[] {list.length}, joined(list));
    }

    static String joined(long... list) {
        StringJoiner elements = new StringJoiner(", ");
        Arrays.stream(list).forEach(element -> elements.add(Long.toString(element)));
        return elements.toString();
    }

    static String real(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }

    /// Adds a node with one output.
    ///
    /// @param call operator, attributes and inputs, as the text form writes them
    Value node(String call, DataType type, double bound, long... dims) {
        Value value = new Value("v" + names++, type, dims, bound);
        return nodes(call, List.of(value)).getFirst();
    }

    /// A value that [#nodes] will compute.
    Value output(DataType type, double bound, long... dims) {
        return new Value("v" + names++, type, dims, bound);
    }

    List<Value> nodes(String call, List<Value> outputs) {
        StringJoiner out = new StringJoiner(", ");
        outputs.forEach(value -> out.add(value.name.isEmpty() ? "\"\"" : value.name));
        nodes.add(out + " = " + call);
        outputs.stream().filter(value -> !value.name.isEmpty()).forEach(values::add);
        return outputs;
    }

    /// Notes that a node reads `value`.
    String use(Value value) {
        read.add(value.name);
        return value.name;
    }

    // ---- the model

    /// Every value that nobody reads is an output, and some others too.
    List<Value> outputs() {
        Random choice = new Random(names);
        List<Value> outputs = values.stream()
                .filter(value -> !inputs.containsKey(value.name))
                .filter(value -> !read.contains(value.name) || choice.nextInt(5) == 0)
                .toList();
        return outputs.isEmpty() ? List.of(values.getLast()) : outputs;
    }

    String text() {
        StringJoiner in = new StringJoiner(", ");
        inputs.values().forEach(value -> in.add(value.text()));
        StringJoiner out = new StringJoiner(", ");
        outputs().forEach(value -> out.add(value.text()));
        String known = initializers.length() == 0 ? "" : "<" + initializers + ">";
        return "<ir_version: 8, opset_import: [\"\" : %d]> g (%s) => (%s)\n %s {\n  %s\n}"
                .formatted(opset, in, out, known, nodes);
    }

    Model model() {
        return OnnxText.parse(text());
    }

    /// Inputs for one run.
    Map<String, TensorData> feeds(long seed) {
        Random numbers = new Random(seed);
        Map<String, TensorData> feeds = new LinkedHashMap<>();
        inputs.forEach((name, value) -> feeds.put(name, drawn(value, numbers)));
        return feeds;
    }

    private static TensorData drawn(Value value, Random numbers) {
        int count = (int) value.elements();
        if (value.type.isFloatingPoint()) {
            float[] elements = new float[count];
            for (int i = 0; i < count; i++) {
                elements[i] = (float) Math.clamp(numbers.nextGaussian(), -4, 4);
            }
            return converted(value.type, elements, value.dims);
        }
        boolean truth = value.type == DataType.BOOL;
        long[] elements =
                numbers.longs(count, truth ? 0 : -100, truth ? 2 : 100).toArray();
        return TensorData.ofIntegers(value.type, elements, value.dims);
    }

    private static TensorData converted(DataType type, float[] elements, long[] dims) {
        if (type == DataType.FLOAT) {
            return TensorData.ofFloats(elements, dims);
        }
        if (type == DataType.DOUBLE) {
            double[] wide = new double[elements.length];
            Arrays.setAll(wide, i -> elements[i]);
            return TensorData.ofDoubles(wide, dims);
        }
        byte[] halves = new byte[2 * elements.length];
        for (int i = 0; i < elements.length; i++) {
            short half = Float.floatToFloat16(elements[i]);
            halves[2 * i] = (byte) half;
            halves[2 * i + 1] = (byte) (half >> 8);
        }
        return TensorData.ofBytes(type, MemorySegment.ofArray(halves), dims);
    }
}
