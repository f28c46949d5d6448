package ai.vernier.passes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// RemoveDuplicates, RemoveUnused, MergeTransposes and MergeReshapes.
class CleanUpTest {
    private static final String TWO = "(float[2,3] x) => (float[2,3] y) ";

    @Test
    void whatIsComputedTwiceIsComputedOnce() {
        Model before = Rewriting.model(
                17, TWO + "<float c = {2.0}, float d = {2.0}> { a = Mul (x, c)  b = Mul (x, d)  y = Add (a, b) }");
        Model after = Rewriting.model(17, TWO + "<float c = {2.0}> { a = Mul (x, c)  y = Add (a, a) }");

        Rewriting.assertBecomes(new RemoveDuplicates(), before, after);
    }

    @Test
    void chainsOfDuplicatesGoInOneSweep() {
        Model before =
                Rewriting.model(17, TWO + "{ a = Relu (x)  b = Relu (x)  c = Exp (a)  d = Exp (b)  y = Add (c, d) }");
        Model after = Rewriting.model(17, TWO + "{ a = Relu (x)  c = Exp (a)  y = Add (c, c) }");

        Rewriting.assertBecomes(new RemoveDuplicates(), before, after);
    }

    @Test
    void duplicatesOfSeveralOutputsAreRemovedTogether() {
        Model before = Rewriting.model(
                17,
                "(float[2,4] x) => (float[2,2] y) { a, b = Split <axis = 1> (x)  c, d = Split <axis = 1> (x)"
                        + "  y = Add (a, d) }");
        Model after =
                Rewriting.model(17, "(float[2,4] x) => (float[2,2] y) { a, b = Split <axis = 1> (x)  y = Add (a, b) }");

        Rewriting.assertBecomes(new RemoveDuplicates(), before, after);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a = LeakyRelu <alpha = 0.1> (x)  b = LeakyRelu <alpha = 0.2> (x)",
                "a = RandomUniformLike (x)  b = RandomUniformLike (x)",
                "a = Relu (x)  b = Exp (x)",
            })
    void whatDiffersStays(String nodes) {
        Rewriting.assertUntouched(
                new RemoveDuplicates(), Rewriting.model(17, TWO + "{ " + nodes + "  y = Add (a, b) }"));
    }

    @Test
    void layersWithEqualWeightsStayTwoLayers() {
        String weight = "{" + "1.0,".repeat(80) + "1.0}";
        Rewriting.assertUntouched(
                new RemoveDuplicates(),
                Rewriting.model(
                        17,
                        "(float[1,9] x) => (float[1,9] y) <float[9,9] v = %s, float[9,9] w = %s>"
                                        .formatted(weight, weight)
                                + " { a = MatMul (x, v)  b = MatMul (x, w)  y = Add (a, b) }"));
    }

    @Test
    void twoGraphOutputsStayTwo() {
        Rewriting.assertSkipped(
                new RemoveDuplicates(),
                Rewriting.model(17, "(float[2] x) => (float[2] y, float[2] z) { y = Relu (x)  z = Relu (x) }"),
                "is a graph output and its input 'y' is also a graph output");
    }

    @Test
    void whatNobodyReadsIsRemoved() {
        Model before = Rewriting.model(
                17, TWO + "<float unread = {1.0}> { a = Relu (x)  b = Exp (x)  c = Neg (b)  y = Abs (a) }");
        Model after = Rewriting.model(17, TWO + "{ a = Relu (x)  y = Abs (a) }");

        Rewriting.assertBecomes(new RemoveUnused(), before, after);
        assertThat(new RemoveUnused().apply(before).log().entries())
                .extracting(entry -> entry.node())
                .containsExactly("Exp 'b'", "Neg 'c'", "initializer 'unread'");
        assertThat(new RemoveUnused().apply(after).log().entries()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1, 2, 0 | 2, 1, 0 | 0, 2, 1",
                "0, 2, 1 | 1, 0, 2 | 2, 0, 1",
            })
    void twoTransposesBecomeOne(String first, String second, String merged) {
        String start = "(float[2,3,4] x) => (float[a,b,c] y) { ";
        Model before = Rewriting.model(
                17,
                start + "t = Transpose <perm = [%s]> (x)  y = Transpose <perm = [%s]> (t) }".formatted(first, second));
        Model after = Rewriting.model(17, start + "y = Transpose <perm = [%s]> (x) }".formatted(merged));

        Rewriting.assertBecomes(new MergeTransposes(), before, after);
    }

    @Test
    void aTransposeThatUndoesAnotherGoesWhoeverElseReads() {
        Model before = Rewriting.model(
                17,
                "(float[2,3,4] x) => (float[2,3,4] y, float[3,4,2] z) { t = Transpose <perm = [1, 2, 0]> (x)"
                        + "  z = Relu (t)  u = Transpose <perm = [2, 0, 1]> (t)  y = Relu (u) }");
        Model found = new MergeTransposes().apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly("Transpose", "Relu", "Relu");
        Judged.assertSameOutputs(before, found, 0);
    }

    @Test
    void aTransposeThatOthersReadIsNotMerged() {
        Rewriting.assertSkipped(
                new MergeTransposes(),
                Rewriting.model(
                        17,
                        "(float[2,3,4] x) => (float[3,2,4] y, float[3,4,2] z) { z = Transpose <perm = [1, 2, 0]> (x)"
                                + "  y = Transpose <perm = [0, 2, 1]> (z) }"),
                "its output 'z' is also read by others, or is a graph output");
    }

    @Test
    void axesOfUnknownNumberAreNotReversed() {
        Rewriting.assertSkipped(
                new MergeTransposes(),
                Rewriting.model(
                        17,
                        "(float[2,3] x, int64[r] s) => (float[n] y) { r = Reshape (x, s)  t = Transpose (r)"
                                + "  u = Transpose (t)  y = Relu (u) }"),
                "reverses axes of unknown number");
    }

    @Test
    void ordersOfDifferentAxesAreLeftAlone() {
        Rewriting.assertSkipped(
                new MergeTransposes(),
                Rewriting.model(
                        17,
                        "(float[2,3] x) => (float[n] y) { t = Transpose <perm = [5, -7]> (x)"
                                + "  y = Transpose <perm = [2, 1, 0]> (t) }"),
                "orders others than");
    }

    /// A Squeeze without axes takes all of extent 1; an Unsqueeze without axes adds none.
    @Test
    void emptyAxesUndoNothing() {
        Rewriting.assertSkipped(
                new MergeReshapes(),
                Rewriting.model(
                        17,
                        "(float[1,3] x) => (float[n] y) <int64[0] none = {}>"
                                + " { s = Squeeze (x, none)  u = Unsqueeze (s, none)  y = Relu (u) }"),
                "are not known well enough");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "r = Reshape (x, s)  y = Reshape (r, t)    | s = {4, 6}    | t = {0, 3, 2}    | {4,3,2}",
                "r = Reshape (x, s)  y = Reshape (r, t)    | s = {0, 6}    | t = {0, 3, 2}    | {0,3,2}",
                "r = Flatten (x)     y = Reshape (r, t)    | s = {1}       | t = {0, 2, -1}   | {0,2,-1}",
                "r = Reshape (x, s)  y = Flatten (r)       | s = {6, 2, 2} | t = {1}          | {6,-1}",
                "r = Reshape (x, s)  y = Squeeze (r, t)    | s = {24, 1}   | t = {-1}         | {24}",
                "r = Reshape (x, s)  y = Unsqueeze (r, t)  | s = {-1, 3}   | t = {1}          | {-1,1,3}",
            })
    void twoChangesOfDimensionsBecomeOne(String nodes, String first, String second, String shape) {
        Model before = reshaping(nodes, first, second);
        Model found = new MergeReshapes().apply(before).model();

        assertThat(found.graph().nodes()).extracting(Node::opType).containsExactly("Reshape");
        assertThat(found.graph().initializers().values())
                .extracting(tensor -> "{" + Arrays.toString(tensor.toLongs()).replaceAll("[\\[\\] ]", "") + "}")
                .containsExactly(shape);
        Judged.assertSameOutputs(before, found, 0);
    }

    @Test
    void whatIsUndoneIsRemoved() {
        String graph = "(float[2,3,4] x) => (float[n,m,k] y) <int64[1] a = {1}> ";
        Rewriting.assertBecomes(
                new MergeReshapes(),
                Rewriting.model(17, graph + "{ u = Unsqueeze (x, a)  s = Squeeze (u, a)  y = Relu (s) }"),
                Rewriting.model(17, "(float[2,3,4] x) => (float[n,m,k] y) { y = Relu (x) }"));
    }

    @Test
    void flattenReadsPastWhatKeepsItsFirstAxis() {
        String graph = "(float[2,3,4] x) => (float[n,m] y) ";
        Rewriting.assertBecomes(
                new MergeReshapes(),
                Rewriting.model(17, graph + "<int64[1] a = {2}> { u = Unsqueeze (x, a)  y = Flatten (u) }"),
                Rewriting.model(17, graph + "{ y = Flatten (x) }"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "r = Reshape (x, s)  y = Reshape (r, t)    | s = {-1, 3}   | t = {0, -1}",
                "r = Reshape (x, s)  y = Flatten (r)       | s = {-1, 4}   | t = {1}",
                "r = Unsqueeze (x, s) y = Unsqueeze (r, t) | s = {0}       | t = {1}",
                "r = Reshape (x, s)  y = Unsqueeze (r, t)  | s = {6, 0, 4} | t = {0}",
            })
    void dimensionsThatAreNotKnownAreLeftAlone(String nodes, String first, String second) {
        Rewriting.assertSkipped(new MergeReshapes(), reshaping(nodes, first, second), "are not known well enough");
    }

    private static Model reshaping(String nodes, String first, String second) {
        String s = "int64[%d] %s".formatted(first.split(",").length, first);
        String t = "int64[%d] %s".formatted(second.split(",").length, second);
        return Rewriting.model(17, "(float[4,3,2] x) => (float[] y) <%s, %s> { %s }".formatted(s, t, nodes));
    }
}
