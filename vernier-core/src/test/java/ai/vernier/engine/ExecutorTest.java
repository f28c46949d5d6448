package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class ExecutorTest {
    private static final EngineOptions OPTIONS = new EngineOptions(DeviceChoice.CPU, 2);

    private static Value value(String name, long... dims) {
        return Value.tensor(name, DataType.FLOAT, Shape.of(dims));
    }

    private static Graph graph(
            List<Value> inputs, List<Value> outputs, List<Node> nodes, Map<String, TensorData> init) {
        return new Graph("g", inputs, outputs, nodes, init, List.of(), Details.NONE);
    }

    private static Node node(String type, List<String> in, String out) {
        return Node.of(type + "_" + out, type, in, List.of(out));
    }

    private static float[] floats(Map<String, TensorData> outputs, String name) {
        TensorData output = outputs.get(name);
        assertThat(output).as(name).isNotNull();
        return Objects.requireNonNull(output).toFloats();
    }

    private static TensorData random(long... dims) {
        Random random = new Random(3);
        float[] values = new float[(int) TensorData.elementCount(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorData.ofFloats(values, dims);
    }

    /// x → Conv → Sigmoid·Mul → Conv → Add x → Relu → y
    private static Model residualModel() {
        Map<String, TensorData> weights = new LinkedHashMap<>();
        weights.put("w1", random(8, 8, 3, 3));
        weights.put("b1", random(8));
        weights.put("w2", random(8, 8, 1, 1));
        List<Node> nodes = List.of(
                node("Conv", List.of("x", "w1", "b1"), "c1").withAttribute("pads", Attribute.ofInts(1, 1, 1, 1)),
                node("Sigmoid", List.of("c1"), "s1"),
                node("Mul", List.of("c1", "s1"), "a1"),
                node("Conv", List.of("a1", "w2"), "c2"),
                node("Add", List.of("c2", "x"), "sum"),
                node("Relu", List.of("sum"), "y"));
        return Model.of(graph(List.of(value("x", 2, 8, 9, 7)), List.of(value("y", 2, 8, 9, 7)), nodes, weights), 13);
    }

    @Test
    void fusedAndUnfusedGraphsAgree() {
        Map<String, TensorData> x = Map.of("x", random(2, 8, 9, 7));
        try (Executor fused = Executor.compile(residualModel(), OPTIONS);
                Executor open = Executor.compile(residualModel(), OPTIONS, _ -> true)) {
            float[] a = floats(fused.run(x), "y");
            float[] b = floats(open.run(x), "y");
            for (int i = 0; i < a.length; i++) {
                assertThat(a[i]).isCloseTo(b[i], within(2e-5f)); // sums of 72 products of size ≈ 1
            }
        }
    }

    @Test
    void showsEveryVisibleValueToTheHookInOrder() {
        List<String> seen = new ArrayList<>();
        ValueHook hook = new ValueHook() {
            @Override
            public boolean wants(String name) {
                return true;
            }

            @Override
            public Tensor apply(String name, Tensor tensor) {
                seen.add(name);
                return tensor;
            }
        };
        try (Executor executor = Executor.compile(residualModel(), OPTIONS, _ -> true)) {
            executor.run(Map.of("x", random(2, 8, 9, 7)), hook);
        }
        assertThat(seen).containsExactly("x", "c1", "s1", "a1", "c2", "sum", "y");
    }

    @Test
    void editingAValueInPlaceReachesItsReadersOnly() {
        List<Node> nodes = List.of(
                node("Transpose", List.of("x"), "t"), node("Neg", List.of("t"), "y"), node("Neg", List.of("x"), "z"));
        Model model = Model.of(
                graph(List.of(value("x", 2, 2)), List.of(value("y", 2, 2), value("z", 2, 2)), nodes, Map.of()), 13);
        ValueHook addOneToT = new ValueHook() {
            @Override
            public boolean wants(String name) {
                return name.equals("t");
            }

            @Override
            public Tensor apply(String name, Tensor tensor) {
                tensor.add_(new Scalar(1));
                return tensor;
            }
        };
        Map<String, TensorData> x = Map.of("x", TensorData.ofFloats(new float[] {1, 2, 3, 4}, 2, 2));
        try (Executor executor = Executor.compile(model, OPTIONS, "t"::equals)) {
            Map<String, TensorData> out = executor.run(x, addOneToT);
            assertThat(floats(out, "y")).containsExactly(-2, -4, -3, -5);
            assertThat(floats(out, "z")).containsExactly(-1, -2, -3, -4);
        }
    }

    @Test
    void aCapturedValueIsShownOnceAndNotAgainInTheSubGraph() {
        Graph branch = graph(List.of(), List.of(value("r", 2)), List.of(node("Identity", List.of("h"), "r")), Map.of());
        Node either = node("If", List.of("c"), "y")
                .withAttribute("then_branch", new Attribute.GraphValue(branch))
                .withAttribute("else_branch", new Attribute.GraphValue(branch));
        Map<String, TensorData> constants = Map.of("c", TensorData.ofIntegers(DataType.BOOL, new long[] {1}));
        List<Node> nodes = List.of(node("Neg", List.of("x"), "h"), either);
        Model model = Model.of(graph(List.of(value("x", 2)), List.of(value("y", 2)), nodes, constants), 13);
        ValueHook addOneToH = new ValueHook() {
            @Override
            public boolean wants(String name) {
                return name.equals("h");
            }

            @Override
            public Tensor apply(String name, Tensor tensor) {
                tensor.add_(new Scalar(1));
                return tensor;
            }
        };
        try (Executor executor = Executor.compile(model, OPTIONS, "h"::equals)) {
            Map<String, TensorData> x = Map.of("x", TensorData.ofFloats(new float[] {1, 2}, 2));
            assertThat(floats(executor.run(x, addOneToH), "y")).containsExactly(0, -1);
        }
    }

    @Test
    void theHookMayReplaceAValue() {
        Model model = Model.of(
                graph(
                        List.of(value("x", 2)),
                        List.of(value("y", 2)),
                        List.of(node("Neg", List.of("x"), "y")),
                        Map.of()),
                13);
        ValueHook doubled = new ValueHook() {
            @Override
            public boolean wants(String name) {
                return true;
            }

            @Override
            public Tensor apply(String name, Tensor tensor) {
                return tensor.mul(new Scalar(2));
            }
        };
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            Map<String, TensorData> x = Map.of("x", TensorData.ofFloats(new float[] {1, -3}, 2));
            assertThat(floats(executor.run(x, doubled), "y")).containsExactly(-4, 12);
        }
    }

    @Test
    void anInitializerThatIsAlsoAnInputMayBeOverridden() {
        Map<String, TensorData> weights = Map.of("w", TensorData.ofFloats(new float[] {10, 20}, 2));
        Model model = Model.of(
                graph(
                        List.of(value("x", 2), value("w", 2)),
                        List.of(value("y", 2)),
                        List.of(node("Add", List.of("x", "w"), "y")),
                        weights),
                13);
        TensorData x = TensorData.ofFloats(new float[] {1, 2}, 2);
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThat(floats(executor.run(Map.of("x", x)), "y")).containsExactly(11, 22);
            assertThat(floats(executor.run(Map.of("x", x, "w", x)), "y")).containsExactly(2, 4);
        }
    }

    @Test
    void runsAnOperatorThatItLacksInOnnxRuntime() {
        Model model = OnnxText.parse("""
                <ir_version: 8, opset_import: ["" : 13, "ai.onnx.ml" : 3]>
                g (float[3] x) => (float[3] y) { y = ai.onnx.ml.Binarizer <threshold = 0.5> (x) }""");
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            TensorData x = TensorData.ofFloats(new float[] {0.4f, 0.5f, 0.6f}, 3);
            assertThat(floats(executor.run(Map.of("x", x)), "y")).containsExactly(0, 0, 1);
            assertThat(executor.fallbackOperators()).containsExactly("ai.onnx.ml.Binarizer");
        }
    }

    @Test
    void refusesAnUnknownOperatorByName() {
        Node odd = node("NoSuchThing", List.of("x"), "y");
        Model model = Model.of(graph(List.of(value("x", 2)), List.of(value("y", 2)), List.of(odd), Map.of()), 13);
        assertThatThrownBy(() -> Executor.compile(model, OPTIONS))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("NoSuchThing 'NoSuchThing_y' (opset 13)");
    }

    @Test
    void listsEverythingThatIsWrongWithTheInputs() {
        Model model = Model.of(
                graph(
                        List.of(value("a", 2), value("b", 2, 3), value("c", 1)),
                        List.of(value("y", 2)),
                        List.of(node("Neg", List.of("a"), "y")),
                        Map.of()),
                13);
        Map<String, TensorData> inputs = Map.of(
                "a", TensorData.ofLongs(new long[] {1, 2}, 2),
                "b", TensorData.ofFloats(new float[4], 2, 2),
                "d", TensorData.ofFloats(new float[1], 1));
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            assertThatThrownBy(() -> executor.run(inputs))
                    .isInstanceOfSatisfying(
                            InvalidInputException.class,
                            e -> assertThat(e.problems())
                                    .containsExactlyInAnyOrder(
                                            "input 'c' is missing; the model needs [a, b, c]",
                                            "input 'd' is unknown; the model has [a, b, c]",
                                            "input 'a' is int64, the model expects float",
                                            "input 'b' has shape [2,2], the model expects [2,3]"));
        }
    }

    @Test
    void thousandsOfRunsLeakNothing() {
        Map<String, TensorData> x = Map.of("x", random(2, 8, 9, 7));
        try (Executor executor = Executor.compile(residualModel(), OPTIONS, _ -> true)) {
            for (int i = 0; i < 1000; i++) {
                executor.run(x);
            }
            long before = Pointer.totalCount();
            for (int i = 0; i < 2000; i++) {
                executor.run(x);
            }
            long after = Pointer.totalCount();
            assertThat(after - before).isLessThan(10);
        }
    }
}
