package ai.vernier.onnx.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxTextTest {
    /// Text is not for millions of weights.
    private static final long LARGE = 1_200_000;

    static Stream<Path> models() {
        return ModelFiles.all().stream().filter(file -> file.toFile().length() < LARGE);
    }

    @Test
    void aSmallModelPrintsAsItIsWritten() {
        String text = """
                <
                  ir_version: 8,
                  opset_import: ["" : 13, "local" : 1],
                  producer_name: "test"
                >
                agraph (float[N,3] x) => (float[N,3] y, bool b)
                <
                  float[] t,
                  float[3] w = {1.0, 2.0, 3.0}
                >
                {
                  [first] t = Conv <strides = [1, 1], alpha = 0.5, mode = "same"> (x, w, "")
                  y, b = local.foo (t, "a.b")
                }
                """.replace("\"a.b\"", "w");
        assertThat(OnnxText.print(OnnxText.parse(text))).isEqualTo(text);
    }

    @Test
    void theFormOfTheSyntaxDocumentIsUnderstood() {
        Model model = OnnxText.parse("""
                <ir_version: 7, opset_import: [ "" : 10 ]>
                agraph (float[N, 128] X, float[128, 10] W = {}, y) => (float[N, 10] C) # a comment
                {
                    T = MatMul(X, W)
                    S = Add(T, y) <some : ints = [], body = g () => (z) { z = Neg(T) }>
                    C = Clip(S, , y)
                }
                """.replace("float[128, 10] W = {}", "float[2] W = {1, -2.5e-1}"));
        assertThat(model.opset()).isEqualTo(10);
        assertThat(model.graph().inputs()).extracting(Value::name).containsExactly("X", "W", "y");
        assertThat(model.graph().initializers()).containsEntry("W", TensorData.ofFloats(new float[] {1, -0.25f}, 2));
        Node add = model.graph().nodes().get(1);
        assertThat(add.attributes().get("some")).isEqualTo(new Attribute.IntsValue(List.of()));
        assertThat(add.attributes().get("body")).isInstanceOf(Attribute.GraphValue.class);
        assertThat(model.graph().nodes().get(2).inputs()).containsExactly("S", "", "y");
    }

    @Test
    void functionsWithAttributesAreUnderstood() {
        Model model = OnnxText.parse("""
                <ir_version: 9, opset_import: ["" : 15, "custom" : 1]>
                agraph (float[N] x) => (float[N] out) { out = custom.foo <alpha=2.0, gamma=3.0> (x) }
                <domain: "custom", opset_import: ["" : 15]>
                foo <alpha: float=4.0, gamma> (X) => (float[N] C)
                {
                    a = Constant <value_float: float=@alpha> ()
                    C = Add(a, X)
                }
                """);
        var function = model.functions().getFirst();
        assertThat(function.attributes()).containsExactly("gamma");
        assertThat(function.attributeDefaults()).isEqualTo(Map.of("alpha", Attribute.of(4f)));
        assertThat(function.nodes().getFirst().attributes())
                .isEqualTo(Map.of("value_float", new Attribute.Reference("alpha", 1)));
        assertThat(function.valueInfos()).extracting(Value::name).containsExactly("C");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void parsingUndoesPrinting(long seed) {
        Model model = new GeneratedModels(seed, false).model();
        assertThat(OnnxText.parse(OnnxText.print(model))).as("seed %d", seed).isEqualTo(model);
    }

    @ParameterizedTest
    @MethodSource("models")
    void realModelsSurviveAsText(Path file) {
        Model model = OnnxReader.read(file);
        String text = OnnxText.print(model);
        Model parsed = OnnxText.parse(text);
        assertThat(OnnxText.print(parsed)).isEqualTo(text);
        assertThat(parsed.graph().initializers().keySet())
                .isEqualTo(model.graph().initializers().keySet());
        model.graph()
                .initializers()
                .forEach((name, tensor) -> assertThat(
                                parsed.graph().initializers().get(name))
                        .isEqualTo(tensor.withDetails(Details.NONE)));
    }

    @Test
    void aShortenedTextLeavesElementsOut() {
        TensorData zeros = TensorData.ofIntegers(DataType.INT4, new long[1000], 1000);
        assertThat(TensorText.print(zeros, 2)).isEqualTo("{0, 0, …}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "g (float[2] x = {1}) => () {}         | line 1, column 19: expected 2 values, found 1",
                "g (float[2] x) => (float[2] x) { y }  | line 1, column 36: expected '=', found '}'",
                "g (int8[1] x = {200}) => () {}        | 200 does not fit int8",
                "g (float[1] x = {1.0f}) => () {}      | is no float: 1.0f",
                "g (float[9223372036854775807,2] x = {1}) => () {} | long overflow",
                "g (float[x y) => () {}                | line 1, column 12: expected ']', found 'y'",
                "<ir: 3> g () => () {}                 | line 1, column 2: 'ir' is no key of a header",
                "g () => () { y = A <a = []> () }      | write 'name: ints = []'",
                "g () => () { y = A <a = \"b> () }      | line 1, column 25: the string that begins here does not end",
                "g () => () { y = A (x) }              | text: A 'y': reads 'x', which nothing defines",
            })
    void aMistakeIsToldWithItsPlace(String text, String message) {
        assertThatThrownBy(() -> OnnxText.parse(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void linesAreCounted() {
        assertThatThrownBy(() -> OnnxText.parse("g () => ()\n{\n  y = (x)\n}"))
                .hasMessageContaining("line 3, column 7: expected an identifier, found '('");
    }
}
