package ai.vernier.onnx.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.Details;
import ai.vernier.onnx.Function;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.io.OnnxText;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Functions that are written to expand without end.
@Timeout(60)
class InlineFunctionsTest {
    private static final Model CALLER =
            OnnxText.parse("<ir_version: 9, opset_import: [\"\" : 21, \"f\" : 1]> g (float[2] x) => (float[2] y) {"
                    + " z = f.f0 (x)  y = Relu (x) }");

    private static Function function(int number, List<String> outputs, List<Node> nodes) {
        return new Function(
                "f",
                "f" + number,
                "",
                List.of("a"),
                outputs,
                List.of(),
                Map.of(),
                nodes,
                List.of(new OperatorSet("", 21)),
                List.of(),
                Details.NONE);
    }

    private static Node call(int number, List<String> inputs, List<String> outputs) {
        Node bare = Node.of("", "f" + number, inputs, outputs);
        return new Node("", bare.opType(), "f", "", inputs, outputs, Map.of(), Details.NONE);
    }

    private static Model with(List<Function> functions) {
        return new Model(
                CALLER.irVersion(),
                CALLER.operatorSets(),
                CALLER.producer(),
                CALLER.graph(),
                functions,
                CALLER.details());
    }

    /// No node is left of them in the end, so that counting results would not notice.
    @Test
    void functionsThatDoubleAndComputeNothingAreRefused() {
        List<Function> functions = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Node twice = call(i + 1, List.of("a"), List.of());
            functions.add(function(i, List.of(), List.of(twice, twice)));
        }
        functions.add(function(40, List.of(), List.of()));

        assertThatThrownBy(() -> new InlineFunctions().apply(with(functions)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("expand to more than 1000000 nodes");
    }

    @Test
    void chainsOfCallsDoNotExhaustTheStack() {
        List<Function> functions = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            functions.add(function(i, List.of("b"), List.of(call(i + 1, List.of("a"), List.of("b")))));
        }
        functions.add(function(5000, List.of("b"), List.of(Node.of("", "Relu", List.of("a"), List.of("b")))));

        assertThatThrownBy(() -> new InlineFunctions().apply(with(functions)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("called by functions more than 200 deep");
    }

    @Test
    void manyRequestsForANameTakeNoSquares() {
        NameSupply names = new NameSupply();
        HashSet<String> given = new HashSet<>();
        for (int i = 0; i < 200_000; i++) {
            given.add(names.fresh("w"));
        }
        assertThat(given).hasSize(200_000).contains("w", "w_1", "w_199999");
    }
}
