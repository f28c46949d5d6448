package ai.vernier.onnx.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.io.OnnxText;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphEditorTest {
    @Test
    void anUneditedGraphStaysAsItIs() {
        Graph graph = graph("(float x) => (float y) <float w = {1}, float a> { a = Add(x, w) y = Neg(a) }");
        assertThat(new GraphEditor(graph).build()).isEqualTo(graph);
    }

    @Test
    void bypassingLetsReadersReadTheInput() {
        Graph graph = graph("(float x) => (float y) { i = Identity(x) a = Neg(i) y = Add(a, i) }");
        GraphEditor editor = new GraphEditor(graph);
        editor.bypass(node(graph, "i"), "i", "x");
        assertThat(editor.build()).isEqualTo(graph("(float x) => (float y) { a = Neg(x) y = Add(a, x) }"));
    }

    @Test
    void bypassingBeforeAGraphOutputRenamesWhatComputesIt() {
        Graph graph = graph("(float x) => (float y) { a = Neg(x) b = Abs(a) y = Identity(a) z = Sub(y, b) }");
        GraphEditor editor = new GraphEditor(graph);
        editor.bypass(node(graph, "y"), "y", "a");
        assertThat(editor.build()).isEqualTo(graph("(float x) => (float y) { y = Neg(x) b = Abs(y) z = Sub(y, b) }"));
    }

    @Test
    void anIdentityFromGraphInputToGraphOutputCannotBeBypassed() {
        GraphEditor editor = new GraphEditor(graph("(float x) => (float y) { y = Identity(x) }"));
        assertThat(editor.objectionToBypass("y", "x"))
                .contains("its output 'y' is a graph output and its input 'x' is not computed by a node of this graph");
        assertThatThrownBy(() -> editor.bypass(editor.nodes().getFirst(), "y", "x"))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anIdentityBetweenTwoGraphOutputsCannotBeBypassed() {
        GraphEditor editor = new GraphEditor(graph("(float x) => (float y, float z) { y = Neg(x) z = Identity(y) }"));
        assertThat(editor.objectionToBypass("z", "y"))
                .hasValueSatisfying(
                        objection -> assertThat(objection).endsWith("its input 'y' is also a graph output"));
    }

    @Test
    void redirectingReachesIntoSubGraphs() {
        Graph graph = graph("(bool c, float x) => (float y) { i = Identity(x)"
                + " y = If (c) <then_branch = t () => (float p) { p = Neg(i) },"
                + " else_branch = e () => (float i) {}> }");
        GraphEditor editor = new GraphEditor(graph);
        assertThat(editor.consumers("i")).containsExactly(node(graph, "y"));
        editor.bypass(node(graph, "i"), "i", "x");
        assertThat(editor.build())
                .isEqualTo(graph("(bool c, float x) => (float y) {"
                        + " y = If (c) <then_branch = t () => (float p) { p = Neg(x) },"
                        + " else_branch = e () => (float x) {}> }"));
    }

    @Test
    void aSubGraphsOwnValueOfTheSameNameIsLeftAlone() {
        Graph graph = graph("(bool c, float x) => (float y) { i = Identity(x)"
                + " y = If (c) <then_branch = t () => (float p) { i = Neg(x) p = Abs(i) }> z = Neg(i) }");
        GraphEditor editor = new GraphEditor(graph);
        assertThat(editor.consumers("i")).containsExactly(node(graph, "z"));
        editor.redirect("i", "x");
        assertThat(node(editor.build(), "y")).isEqualTo(node(graph, "y"));
    }

    @Test
    void whatASubGraphHasOfItsOwnIsNoTarget() {
        Graph graph = graph("(bool c, float x) => (float y) { a = Neg(x) i = Identity(a)"
                + " y = If (c) <then_branch = t () => (float p) { a = Neg(i) p = Abs(a) }> }");
        GraphEditor editor = new GraphEditor(graph);
        assertThat(editor.objectionToBypass("i", "a")).contains("If 'y' has a value of its own named 'a'");
    }

    @Test
    void nodesMayBeAddedInAnyOrder() {
        Graph graph = graph("(float x) => (float y) { a = Neg(x) y = Abs(a) }");
        GraphEditor editor = new GraphEditor(graph);
        editor.replace(node(graph, "a"), Node.of("", "Neg", List.of("c"), List.of("a")));
        editor.add(Node.of("", "Exp", List.of("b"), List.of("c")));
        editor.add(Node.of("", "Log", List.of("x"), List.of("b")));
        assertThat(editor.build().nodes()).extracting(Node::opType).containsExactly("Log", "Exp", "Neg", "Abs");
    }

    @Test
    void whatNobodyReadsIsRemovedTransitively() {
        Graph graph = graph("(float x, float v = {1}) => (float y)"
                + " <float w = {2}, float u = {3}, float b> { a = Mul(x, w) b = Add(a, v) y = Add(x, u) }");
        GraphEditor editor = new GraphEditor(graph);
        editor.removeUnused();
        Graph edited = editor.build();
        assertThat(edited).isEqualTo(graph("(float x) => (float y) <float u = {3}> { y = Add(x, u) }"));
    }

    @Test
    void freshNamesAreFreshInSubGraphsToo() {
        GraphEditor editor = new GraphEditor(graph(
                "(bool c) => (float y) { y = If (c) <then_branch = t () => (float w) { w_1 = A() w = B(w_1) }> }"));
        assertThat(editor.addInitializer("w", TensorData.ofFloats(new float[1])))
                .isEqualTo("w_2");
        assertThat(editor.fresh("w")).isEqualTo("w_3");
        assertThat(editor.fresh("new")).isEqualTo("new");
    }

    @Test
    void constantsAreInitializersAndConstantNodesOfAllGraphsAround() {
        Graph graph = graph("(bool c, float x) => (float y) <float w = {1}> { k = Constant <value = float {2}> ()"
                + " y = If (c) <then_branch = t () => (float p) { p = Add(w, k) }> }");
        GraphEditor editor = new GraphEditor(graph);
        GraphEditor nested =
                editor.nested(SubGraphs.of(node(graph, "y")).findFirst().orElseThrow());
        assertThat(nested.constant("w")).contains(TensorData.ofFloats(new float[] {1}));
        assertThat(nested.constant("k")).contains(TensorData.ofFloats(new float[] {2}));
        assertThat(nested.constant("x")).isEmpty();
        assertThat(nested.initializer("w")).isEmpty();
    }

    @Test
    void aBrokenEditIsNotBuilt() {
        Graph graph = graph("(float x) => (float y) { a = Neg(x) y = Abs(a) }");
        GraphEditor lost = new GraphEditor(graph);
        lost.remove(node(graph, "a"));
        assertThatThrownBy(lost::build).hasMessageContaining("read but not defined: [a]");
        GraphEditor twice = new GraphEditor(graph);
        assertThatThrownBy(() -> twice.add(Node.of("", "Neg", List.of("x"), List.of("a"))))
                .hasMessageContaining("'a' is computed twice");
        GraphEditor cycle = new GraphEditor(graph);
        cycle.replace(node(graph, "a"), Node.of("", "Neg", List.of("y"), List.of("a")));
        assertThatThrownBy(cycle::build).hasMessageContaining("cycle");
    }

    private static Graph graph(String rest) {
        return OnnxText.parse("<ir_version: 8, opset_import: [\"\" : 13]> g " + rest)
                .graph();
    }

    private static Node node(Graph graph, String output) {
        return graph.uses().producer(output).orElseThrow();
    }
}
