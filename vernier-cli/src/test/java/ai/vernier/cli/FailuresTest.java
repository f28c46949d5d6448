package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.data.Npy;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.OperatorSet;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class FailuresTest {
    @TempDir
    private Path temporary = Path.of("");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void aBugAsksForAReportAndShowsItsTraceOnDemand() {
        RuntimeException bug = new IllegalStateException("impossible");

        assertThat(report(bug)).isEqualTo(70);
        assertThat(err.toString())
                .contains("impossible", "bug", "--stack-trace")
                .doesNotContain("\tat ");
        assertThat(out.toString()).isEmpty();

        assertThat(report(bug, "--stack-trace", "--json")).isEqualTo(70);
        assertThat(err.toString()).contains("\tat ");
        assertThat(out.toString()).contains("\"kind\" : \"bug\"");
    }

    @Test
    void aFullDiskIsNoBug() {
        IOException full = new FileSystemException("/data/model.onnx", null, "No space left on device");

        assertThat(report(new UncheckedIOException(full))).isEqualTo(2);
        assertThat(err.toString()).contains("/data/model.onnx: No space left on device");
    }

    /// What the Java virtual machine says where a mapped file has become shorter.
    @Test
    void aFileThatIsCutShortWhileItIsReadIsNoBug() {
        assertThat(report(new InternalError("a fault occurred in an unsafe memory access operation")))
                .isEqualTo(2);
        assertThat(err.toString()).contains("cut short while it was being read");

        assertThat(report(new InternalError("another"))).isEqualTo(70);
    }

    @Test
    void tooLittleMemorySaysWhatToDo() {
        report(new OutOfMemoryError("Java heap space"));

        assertThat(err.toString()).contains("--batch", "VERNIER_JAVA_OPTS");
    }

    @Test
    void anOperatorThatNobodyKnowsIsUnsupported() throws IOException {
        Path model = temporary.resolve("foreign.onnx");
        Path input = temporary.resolve("x.npy");
        OnnxWriter.write(foreign(), model);
        Npy.write(input, TensorData.ofFloats(new float[] {1}, 1));

        Invocation run = Invocation.of("run", model, "--input", input, "--out", temporary.resolve("out"), "--json");

        assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
        assertThat(run.json().path("error").path("kind").asString()).isEqualTo("unsupportedModel");
        assertThat(run.err()).contains("Conjure");
        assertThat(temporary.resolve("out")).doesNotExist();
    }

    private int report(Throwable problem, String... args) {
        CommandLine command =
                new CommandLine(Vernier.class).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Failures().report(command, problem, args);
    }

    private static Model foreign() {
        Node node =
                new Node("spell", "Conjure", "example.magic", "", List.of("x"), List.of("y"), Map.of(), Details.NONE);
        Graph graph = new Graph(
                "foreign",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(1))),
                List.of(node),
                Map.of(),
                List.of(),
                Details.NONE);
        Model model = Model.of(graph, 13);
        List<OperatorSet> sets = new ArrayList<>(model.operatorSets());
        sets.add(new OperatorSet("example.magic", 1));
        return new Model(model.irVersion(), sets, model.producer(), model.graph(), model.functions(), model.details());
    }
}
