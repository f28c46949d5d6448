package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Producer;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FunctionsTest {
    private static final int FLOAT_ATTRIBUTE = 1;

    /// leak(a; slope = 0.5) => (b, a') with b = LeakyRelu(-a) and a' = a; twice(a) calls it and itself adds.
    private static Function leak() {
        Node negated = Node.of("n", "Neg", List.of("a"), List.of("c"));
        Node leaky = Node.of("l", "LeakyRelu", List.of("c"), List.of("b"))
                .withAttribute("alpha", new Attribute.Reference("slope", FLOAT_ATTRIBUTE));
        return function("leak", List.of("a"), List.of("b", "a"), List.of(negated, leaky));
    }

    private static Function function(String name, List<String> inputs, List<String> outputs, List<Node> nodes) {
        Map<String, Attribute> defaults = Map.of("slope", Attribute.of(0.5f));
        List<OperatorSet> sets = List.of(new OperatorSet("", 17), new OperatorSet("own", 1));
        return new Function(
                "own", name, "", inputs, outputs, List.of(), defaults, nodes, sets, List.of(), Details.NONE);
    }

    private static Node call(String function, List<String> inputs, List<String> outputs) {
        return new Node("", function, "own", "", inputs, outputs, Map.of(), Details.NONE);
    }

    private static Model model(List<Node> nodes, List<Function> functions) {
        Graph graph = new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(3))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(3))),
                nodes,
                Map.of(),
                List.of(),
                Details.NONE);
        List<OperatorSet> sets = List.of(new OperatorSet("", 17), new OperatorSet("own", 1));
        return new Model(10, sets, new Producer("test", "", "", 0), graph, functions, Details.NONE);
    }

    @Test
    void functionsThatCallFunctionsRunInPlace() {
        Node inner = call("leak", List.of("a"), List.of("c", "d")).withAttribute("slope", Attribute.of(0.25f));
        Node sum = Node.of("s", "Add", List.of("c", "d"), List.of("e"));
        Function both = function("both", List.of("a"), List.of("e"), List.of(inner, sum));
        Model model = model(
                List.of(
                        call("leak", List.of("x"), List.of("c", "")),
                        call("both", List.of("c"), List.of("e")),
                        call("both", List.of("e"), List.of("y"))),
                List.of(leak(), both));
        Map<String, TensorData> fed = Map.of("x", TensorData.ofFloats(new float[] {-1, 2, 0.5f}, 3));
        // leak(x) = (1, −1, −0.25); both(a) = a + leak(a; 0.25) = (0.75, 0, 0), and once more.
        try (Executor executor = Executor.compile(model, EngineOptions.DEFAULT)) {
            assertThat(executor.run(fed)).containsEntry("y", TensorData.ofFloats(new float[] {0.5625f, 0, 0}, 3));
            assertThat(executor.fallbackOperators()).isEmpty();
        }
    }

    @Test
    void aFunctionThatCallsItselfIsRefused() {
        Function endless =
                function("endless", List.of("a"), List.of("b"), List.of(call("endless", List.of("a"), List.of("b"))));
        Model model = model(List.of(call("endless", List.of("x"), List.of("y"))), List.of(endless));
        assertThatThrownBy(() -> Executor.compile(model, EngineOptions.DEFAULT))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("calls itself");
    }
}
