package ai.vernier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.vernier.onnx.io.OnnxText;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class InspectCommandTest {
    private static final Path ROOT = Path.of(Objects.requireNonNull(System.getProperty("vernier.root")));

    @TempDir
    private Path folder = Path.of("");

    @Test
    void aModelIsDescribedInWords() throws IOException {
        Path model = written("""
                <ir_version: 8, opset_import: ["" : 13], producer_name: "somebody", producer_version: "2">
                g (float[N,2,height,4] x) => (float[N,3,A,B] y)
                <float[3,2,1,1] w = {1, 2, 3, 4, 5, 6}, int64[1] unused = {7}>
                {
                  a = Conv (x, w)
                  y = Relu (a)
                }
                """);

        Invocation run = Invocation.of("inspect", model, "--dim", "height=10");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines().skip(1).toList()).isEqualTo("""
                  written by            somebody 2
                  operator sets         opset 13, IR version 8
                  input                 x  float[N,2,height,4]
                  output                y  float[N,3,A,B]
                  parameters            6 in 32 B (float 24 B, int64 8 B)
                  costs for             height = 10, as given
                                        N = 1, assumed: one sample (--dim N=… for another)
                  multiply-accumulates  240
                  memory                992 B: weights 32 B, live activations 960 B at their peak
                                        reached at Relu 'y', node 2 of 2
                  nodes                 2, all native

                   nodes  operator          MACs  runs
                       1  Conv               240  native
                       1  Relu                    native
                """.lines().toList());
    }

    @Test
    void whatIsNotKnownIsSaid() throws IOException {
        Path model = written("""
                <ir_version: 8, opset_import: ["" : 13, "nobody" : 3]>
                g (float[N,2,height,4] x) => (float[N,3,A,B] y)
                <float[3,2,1,1] w = {1, 2, 3, 4, 5, 6}>
                {
                  a = Conv (x, w)
                  y = nobody.Knows (a)
                }
                """);

        Invocation text = Invocation.of("inspect", model);
        JsonNode json = Invocation.of("inspect", model, "--json").json();

        assertThat(text.out())
                .contains("height unknown, and what hangs on it (--dim height=…)")
                .contains("not counted: Conv 'a', nobody.Knows 'y'")
                .contains("at least 24 B")
                .contains("2, 1 native, 1 unsupported, so that it cannot run");
        assertThat(json.path("dimensions").path("unknown").path(0).asString()).isEqualTo("height");
        assertThat(json.path("multiplyAccumulatesUnknownFor").path(0).asString())
                .isEqualTo("Conv 'a'");
        assertThat(json.path("memory").path("unknownFor").size()).isEqualTo(3);
        assertThat(json.path("runs").path("unsupported").path(0).asString()).isEqualTo("nobody.Knows");
        assertThat(json.path("operators").path("Conv").asInt()).isEqualTo(1);
    }

    @Test
    void dimensionsThatAreNoneAreRefused() throws IOException {
        Path model = written("""
                <ir_version: 8, opset_import: ["" : 13]>
                g (float[N] x) => (float[N] y) { y = Relu (x) }
                """);

        Invocation parsed = Invocation.of("inspect", model, "--dim", "N", "--dim", "N=-2", "--dim", "M=x");
        Invocation unknown = Invocation.of("inspect", model, "--dim", "M=3", "--json");

        assertThat(parsed.exitCode()).isEqualTo(2);
        assertThat(parsed.err()).contains("3 problems", "--dim N:", "--dim N=-2:", "--dim M=x:");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.json().path("error").path("problems").path(0).asString())
                .contains("'M'", "open are N");
    }

    @Test
    void everyRealModelFitsAHundredColumns() throws IOException {
        Path models = ROOT.resolve("../shared/data/models");
        assumeTrue(Files.isDirectory(models), models + " is absent: no real model is inspected");
        try (Stream<Path> files = Files.list(models)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".onnx")).toList()) {
                Invocation run = Invocation.of("inspect", file);
                assertThat(run.exitCode()).as(run.err()).isZero();
                assertThat(run.out().lines().skip(1))
                        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
                assertThat(run.out()).contains("all native").doesNotContain("null", "Optional");
            }
        }
    }

    /// Starting LibTorch or ONNX Runtime takes longer than everything else that the command does.
    @Test
    void noNativeEngineIsLoaded() throws IOException, InterruptedException {
        assumeTrue(Files.isReadable(Path.of("/proc/self/maps")), "this system does not list its libraries");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LibrariesOfInspect.class.getName(),
                        ROOT.resolve("examples/digits/digits.onnx").toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output.lines())
                .contains("inspected")
                .noneMatch(line -> List.of("torch", "onnxruntime", "jnijavacpp").stream()
                        .anyMatch(line.toLowerCase(java.util.Locale.ROOT)::contains));
    }

    private Path written(String text) throws IOException {
        Path model = folder.resolve("model.onnx");
        OnnxWriter.write(OnnxText.parse(text), model);
        return model;
    }
}
