package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.rewrite.PassResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemoveIdentitiesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "n = Identity (a)",
                "n = Dropout (a)",
                "n, mask = Dropout (a, half, no)",
                "n = Cast <to = 1> (a)",
                "n = Transpose <perm = [0, 1]> (a)",
                "n = Pad (a, zeros)",
                "n = Slice (a, zero, all, zero)",
                "n = Concat <axis = 0> (a)",
                "n = Sum (a)",
            })
    void whatDoesNothingIsRemoved(String node) {
        Model model = model(node);
        Model removed = new RemoveIdentities().apply(model).model();

        assertThat(removed.graph().nodes()).extracting(Node::opType).containsExactly("Relu", "Neg");
        Judged.assertSameOutputs(model, removed, 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "n = Dropout (a, half, yes)",
                "n = Cast <to = 11> (a)",
                "n = Transpose <perm = [1, 0]> (a)",
                "n = Transpose (a)",
                "n = Pad (a, ones)",
                "n = Slice (a, zero, one, zero)",
                "n = Slice (a, zero, all, zero, two)",
                "n = Concat <axis = 0> (a, a)",
                "n = Reshape (a, shape)",
            })
    void whatDoesSomethingOrMayIsKept(String node) {
        Model model = model(node);

        assertThat(new RemoveIdentities().apply(model).model()).isEqualTo(model);
    }

    @Test
    void graphOutputsKeepTheirNames() {
        Model model = parse("(float[2] x) => (float[2] y) { a = Neg (x)  y = Identity (a) }");

        assertThat(new RemoveIdentities().apply(model).model())
                .isEqualTo(parse("(float[2] x) => (float[2] y) { y = Neg (x) }"));
    }

    @Test
    void anInputHandedOutIsLeftAlone() {
        Model model = parse("(float[2] x) => (float[2] y) { y = Identity (x) }");
        PassResult result = new RemoveIdentities().apply(model);

        assertThat(result.model()).isEqualTo(model);
        assertThat(result.log().skipped()).hasSize(1);
    }

    @Test
    void aMaskThatIsReadKeepsItsDropout() {
        Model model = parse("(float[2] x) => (float[2] y, bool[2] m) { a = Neg (x)  y, m = Dropout (a) }");

        assertThat(new RemoveIdentities().apply(model).model()).isEqualTo(model);
    }

    private static Model model(String node) {
        return parse("(float[2,3] x) => (float[A,B] y) <float half = {0.5}, bool no = {0}, bool yes = {1},"
                + " int64[4] zeros = {0, 0, 0, 0}, int64[4] ones = {1, 1, 1, 1}, int64[1] zero = {0},"
                + " int64[1] one = {1}, int64[1] two = {2}, int64[1] all = {9223372036854775807},"
                + " int64[2] shape = {3, 2}> { a = Relu (x)  " + node + "  y = Neg (n) }");
    }

    private static Model parse(String graph) {
        return OnnxText.parse("<ir_version: 8, opset_import: [\"\" : 17]> g " + graph);
    }
}
