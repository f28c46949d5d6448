package ai.vernier.pipeline;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxText;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// Valid models of shapes that exporters really write and that careless code trips over, by what is odd about them.
/// `W(n)` in a text stands for n seeded normal numbers.
final class OddModels {
    private static final long SEED = 3;

    private final Map<String, Model> models = new LinkedHashMap<>();

    private OddModels() {}

    static Map<String, Model> all() {
        OddModels odd = new OddModels();
        odd.interfaces();
        odd.namesAndConstants();
        odd.oldOperators();
        odd.subGraphs();
        odd.sizes();
        return odd.models;
    }

    private void add(String what, int opset, String graph) {
        add(what, opset, 8, graph);
    }

    private void add(String what, int opset, int irVersion, String graph) {
        String domain = graph.contains("my.layer") ? ", \"my\" : 1" : "";
        String header = "<ir_version: %d, opset_import: [\"\" : %d%s]>%n".formatted(irVersion, opset, domain);
        models.put(what, OnnxText.parse(header + filled(graph)));
    }

    private static String filled(String text) {
        Random random = new Random(SEED);
        StringBuilder filled = new StringBuilder();
        String[] parts = text.split("W\\(", -1);
        filled.append(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            int close = parts[i].indexOf(')');
            int count = Integer.parseInt(parts[i].substring(0, close));
            filled.append(random.doubles(count, -0.5, 0.5)
                            .mapToObj(value -> String.format(Locale.ROOT, "%.4f", value))
                            .collect(Collectors.joining(", ")))
                    .append(parts[i].substring(close + 1));
        }
        return filled.toString();
    }

    private void interfaces() {
        add("dynamic axes", 13, """
                g (float[N,3,H,W] x) => (float[N,4,A,B] y)
                <float[4,3,3,3] w = {W(108)}>
                {
                  a = Conv <pads = [1, 1, 1, 1]> (x, w)
                  y = Relu (a)
                }
                """);
        add("no batch axis", 13, """
                g (float[5,6] x) => (float[5,4] y)
                <float[6,4] w = {W(24)}>
                { y = MatMul (x, w) }
                """);
        add("one axis", 13, """
                g (float[6] x) => (float[4] y)
                <float[6,4] w = {W(24)}>
                { y = MatMul (x, w) }
                """);
        add("several inputs and outputs", 13, """
                g (float[N,3,6,6] image, float[N,8] meta, int64[N] id) => (float[N,4] y, float[N,4,4,4] features, int64[N] best, int64[N] next)
                <float[4,3,3,3] w = {W(108)}, float[8,4] v = {W(32)}, int64 one = {1}>
                {
                  features = Conv (image, w)
                  p = GlobalAveragePool (features)
                  f = Flatten (p)
                  m = MatMul (meta, v)
                  y = Add (f, m)
                  best = ArgMax <axis = 1, keepdims = 0> (y)
                  next = Add (id, one)
                }
                """);
        add("outputs that are inputs or initializers", 13, """
                g (float[N,6] x) => (float[N,6] x, float[6,4] w, float[N,4] y)
                <float[6,4] w = {W(24)}>
                { y = MatMul (x, w) }
                """);
        add("an output twice used inside", 13, """
                g (float[N,6] x) => (float[N,4] a, float[N,4] y)
                <float[6,4] w = {W(24)}, float[4,4] v = {W(16)}>
                {
                  a = MatMul (x, w)
                  b = Relu (a)
                  c = MatMul (b, v)
                  y = Add (c, a)
                }
                """);
        add("an unused input", 13, """
                g (float[N,6] x, float[N,2] unused) => (float[N,4] y)
                <float[6,4] w = {W(24)}>
                { y = MatMul (x, w) }
                """);
        add("no nodes", 13, "g (float[N,6] x) => (float[N,6] x) {}");
    }

    private void namesAndConstants() {
        add("initializers that are also inputs", 8, 3, """
                g (float[1,3,6,6] x, float[4,3,3,3] w, float[4] b) => (float[1,4,4,4] y)
                <float[4,3,3,3] w = {W(108)}, float[4] b = {W(4)}>
                {
                  a = Conv (x, w, b)
                  y = Relu (a)
                }
                """);
        add("constants as nodes", 13, """
                g (float[N,3] x) => (float[N,4] y)
                {
                  w = Constant <value = float[3,4] {W(12)}> ()
                  b = Constant <value_floats = [0.5, -0.5, 0.25, 1.0]> ()
                  s = Constant <value_float = 2.0> ()
                  a = MatMul (x, w)
                  c = Add (a, b)
                  y = Mul (c, s)
                }
                """);
        add("shared weights", 13, """
                g (float[N,4,6,6] x) => (float[N,4,2,2] y, float[4,4,3,3] t)
                <float[4,4,3,3] w = {W(144)}, float[4] b = {W(4)}>
                {
                  a = Conv (x, w, b)
                  r = Relu (a)
                  y = Conv (r, w, b)
                  t = Neg (w)
                }
                """);
        add("absent optional inputs and outputs", 13, """
                g (float[5,N,3] x) => (float[1,N,4] h)
                <float[1,16,3] w = {W(48)}, float[1,16,4] r = {W(64)}, float max = {0.5}>
                {
                  , h, = LSTM <hidden_size = 4> (x, w, r)
                  c = Clip (x, , max)
                }
                """);
        String plain = """
                g (float[N,6] x) => (float[N,4] y)
                <float[6,4] w = {W(24)}, float[4] b = {W(4)}, float[4,4] v = {W(16)}>
                {
                  m = MatMul (x, w)
                  s = Add (m, b)
                  r = Relu (s)
                  y = MatMul (r, v)
                }
                """;
        add("nodes of one name", 13, plain);
        models.computeIfPresent("nodes of one name", (_, model) -> renamed(model, name -> name, _ -> "same"));
        add("names that the export would choose", 13, plain);
        models.computeIfPresent(
                "names that the export would choose",
                (_, model) -> renamed(
                        model,
                        name -> Map.of("x", "x_quantized", "w", "x", "m", "x_scale", "s", "y_raw", "r", "x_zero_point")
                                .getOrDefault(name, name),
                        name -> "x_QuantizeLinear"));
        add("names with all kinds of characters", 13, plain);
        models.computeIfPresent(
                "names with all kinds of characters",
                (_, model) -> renamed(model, name -> "/" + name + " \"=:\\\u03b1\n.", name -> "../" + name));
        for (int irVersion = 3; irVersion <= 11; irVersion++) {
            add("IR version " + irVersion, 9, irVersion, """
                    g (float[N,6] x%s) => (float[N,4] y)
                    <float[6,4] w = {W(24)}>
                    { y = MatMul (x, w) }
                    """.formatted(irVersion == 3 ? ", float[6,4] w" : ""));
        }
    }

    private static Model renamed(Model model, UnaryOperator<String> values, UnaryOperator<String> nodes) {
        Graph graph = model.graph();
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        graph.initializers().forEach((name, tensor) -> initializers.put(values.apply(name), tensor));
        UnaryOperator<Value> value = old -> new Value(values.apply(old.name()), old.type(), old.details());
        return model.withGraph(new Graph(
                graph.name(),
                graph.inputs().stream().map(value).toList(),
                graph.outputs().stream().map(value).toList(),
                graph.nodes().stream()
                        .map(node -> Node.of(
                                nodes.apply(node.outputs().getFirst()),
                                node.opType(),
                                node.inputs().stream().map(values).toList(),
                                node.outputs().stream().map(values).toList()))
                        .toList(),
                initializers,
                List.of(),
                graph.details()));
    }

    private void oldOperators() {
        String normalized = """
                g (float[N,3,6,6] x) => (float[N,4,4,4] y)
                <float[4,3,3,3] w = {W(108)}, float[4] s = {1, 2, 0.5, 1}, float[4] b = {W(4)}, float[4] m = {W(4)}, float[4] v = {1, 2, 1, 0.5}>
                {
                  a = Conv (x, w)
                  c = BatchNormalization%s (a, s, b, m, v)
                  d = Dropout%s (c)
                  y = Relu (d)
                }
                """;
        add("opset 7: BatchNormalization, Dropout", 7, normalized.formatted("<spatial = 1>", "<ratio = 0.3>"));
        add("opset 8: BatchNormalization, Dropout", 8, normalized.formatted("", "<ratio = 0.3>"));
        add("opset 9: BatchNormalization, Dropout", 9, normalized.formatted("<momentum = 0.8>", ""));
        add("opset 10: Dropout with a mask", 10, """
                g (float[N,6] x) => (float[N,4] y)
                <float[6,4] w = {W(24)}>
                {
                  a = MatMul (x, w)
                  y, mask = Dropout <ratio = 0.5> (a)
                }
                """);
        add("opset 7: Upsample", 7, """
                g (float[N,3,4,4] x) => (float[N,4,8,12] y)
                <float[4,3,1,1] w = {W(12)}>
                {
                  a = Conv (x, w)
                  y = Upsample <mode = "nearest", scales = [1.0, 1.0, 2.0, 3.0]> (a)
                }
                """);
        add("opset 9: Upsample", 9, """
                g (float[N,3,4,4] x) => (float[N,4,8,8] y)
                <float[4,3,1,1] w = {W(12)}, float[4] scales = {1, 1, 2, 2}>
                {
                  a = Conv (x, w)
                  y = Upsample <mode = "linear"> (a, scales)
                }
                """);
        add("opset 10: Resize and Slice", 10, """
                g (float[N,3,4,4] x) => (float[N,4,A,B] y)
                <float[4,3,1,1] w = {W(12)}, float[4] scales = {1, 1, 2, 2}, int64[1] start = {1}, int64[1] end = {7}, int64[1] axis = {2}>
                {
                  a = Conv (x, w)
                  b = Resize <mode = "nearest"> (a, scales)
                  y = Slice (b, start, end, axis)
                }
                """);
        add("opset 7: attributes that became inputs", 7, """
                g (float[N,3,4,4] x) => (float[N,4,A] y)
                <float[4,3,1,1] w = {W(12)}>
                {
                  p = Pad <mode = "constant", pads = [0, 0, 1, 1, 0, 0, 1, 1], value = 0.0> (x)
                  a = Conv (p, w)
                  c = Clip <min = 0.0, max = 1.0> (a)
                  s = Slice <axes = [2], starts = [0], ends = [1]> (c)
                  y = Squeeze <axes = [2]> (s)
                }
                """);
        add("opset 7: Gemm that broadcasts", 7, """
                g (float[N,6] x) => (float[N,4] y)
                <float[6,4] w = {W(24)}, float[4] b = {W(4)}>
                {
                  a = Gemm <alpha = 0.5, beta = 2.0> (x, w, b)
                  y = Softmax <axis = 1> (a)
                }
                """);
    }

    private void subGraphs() {
        add("branches that use outer values", 13, """
                g (float[1,3,6,6] x) => (float[1,4,A,B] y)
                <float[4,3,3,3] w = {W(108)}, float zero = {0}>
                {
                  s = ReduceSum <keepdims = 0> (x)
                  c = Greater (s, zero)
                  n = Relu (x)
                  y = If <then_branch = yes () => (float[1,4,A,B] t) { t = Conv (n, w) },
                          else_branch = no () => (float[1,4,A,B] e) { q = Neg (n) e = Conv (q, w) }> (c)
                }
                """);
        add("a loop that uses outer values", 13, """
                g (float[1,6] x) => (float[1,6] y, float[T,1,6] all)
                <float[6,6] w = {W(36)}, int64 trips = {3}, bool go = {1}>
                {
                  m = MatMul (x, w)
                  y, all = Loop <body = one (int64 i, bool c, float[1,6] s) => (bool d, float[1,6] t, float[1,6] u) {
                    d = Identity (c)
                    a = MatMul (s, w)
                    t = Add (a, m)
                    u = Relu (t)
                  }> (trips, go, x)
                }
                """);
        add("a scan", 13, """
                g (float[5,6] x) => (float[6] y, float[5,6] all)
                <float[6] h = {W(6)}, float[6,6] w = {W(36)}>
                {
                  y, all = Scan <num_scan_inputs = 1, body = one (float[6] s, float[6] u) => (float[6] t, float[6] o) {
                    a = Add (s, u)
                    b = MatMul (a, w)
                    t = Tanh (b)
                    o = Identity (t)
                  }> (h, x)
                }
                """);
        add("a branch that hands out an outer value", 16, """
                g (float[1,6] x) => (float[1,6] y)
                <float[6,6] w = {W(36)}, float zero = {0}>
                {
                  a = MatMul (x, w)
                  s = ReduceSum <keepdims = 0> (x)
                  c = Greater (s, zero)
                  y = If <then_branch = yes () => (float[1,6] t) { t = Identity (a) },
                          else_branch = no () => (float[1,6] e) { e = Relu (a) }> (c)
                }
                """);
    }

    private void sizes() {
        add("scalars", 13, """
                g (float x, float[N,6] v) => (float y, float[N,4] z)
                <float two = {2}, float[6,4] w = {W(24)}>
                {
                  y = Mul (x, two)
                  a = Add (v, y)
                  z = MatMul (a, w)
                }
                """);
        add("nothing along an axis", 13, """
                g (float[1,0,6] x, float[1,3,6] v) => (float[1,3,4] y, float[1,0,4] none)
                <float[6,4] w = {W(24)}, float[1,0,6] empty = {}>
                {
                  c = Concat <axis = 1> (x, v, empty)
                  y = MatMul (c, w)
                  none = MatMul (x, w)
                }
                """);
        add("a function called twice", 17, """
                g (float[N,6] x) => (float[N,6] y)
                <float[6,6] w = {W(36)}>
                {
                  a = my.layer (x, w)
                  y = my.layer (a, w)
                }
                <domain: "my", opset_import: ["" : 17]>
                layer (x, w) => (y)
                {
                  a = MatMul (x, w)
                  y = Relu (a)
                }
                """);
    }
}
