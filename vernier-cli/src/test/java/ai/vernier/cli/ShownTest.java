package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.onnx.Details;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a model names its values cannot command the terminal.
class ShownTest {
    private static final String EVIL = "\u001b]0;owned\u0007\u001b[2J\r\n\u0000\u009b31m\u202e\u2028";

    @TempDir
    private Path folder = Path.of("");

    @Test
    void whatATerminalActsUponIsSpelledOut() {
        assertThat(Shown.line("a\u001b[2J\nb\u202e \n")).isEqualTo("a\\u001b[2J b\\u202e");
        assertThat(Shown.lines("a\n b\u009b")).isEqualTo("a\n b\\u009b");
        assertThat(Shown.line("Größe 模型 𝛼\t1")).isEqualTo("Größe 模型 𝛼\t1");
    }

    private Path model(String read) {
        Model model = OnnxText.parse(
                "<ir_version: 8, opset_import: [\"\" : 17]> g (float[1] x) => (float[1] y) { y = Relu (x) }");
        List<Node> nodes = List.of(
                new Node("n" + EVIL, "Relu", "", "", List.of(read), List.of("h" + EVIL), Map.of(), Details.NONE),
                Node.of("m" + EVIL, "Neg", List.of("h" + EVIL), List.of("y")));
        Path file = folder.resolve("model.onnx");
        OnnxWriter.write(model.withGraph(model.graph().withNodes(nodes)), file);
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--json"})
    void inspectPrintsNoControlCharacters(String flag) {
        String file = model("x").toString();
        Invocation good = flag.isEmpty()
                ? Invocation.of("inspect", file, "--plan", "--passes")
                : Invocation.of("inspect", file, "--plan", "--passes", flag);
        assertHarmless(good.out() + good.err());
        assertThat(good.exitCode()).isZero();

        Invocation bad = Invocation.of("inspect", model("missing" + EVIL).toString(), "--json");
        assertHarmless(bad.out() + bad.err());
        assertThat(bad.err()).contains("missing\\u001b]0;owned");
        assertThat(bad.exitCode()).isEqualTo(2);
    }

    private static void assertHarmless(String printed) {
        assertThat(printed).doesNotContain("\u001b", "\u0007", "\r", "\u0000", "\u009b", "\u202e", "\u2028");
    }
}
