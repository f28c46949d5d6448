package ai.vernier.cli;

import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxWriter;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/// Whether LibTorch and ONNX Runtime load and compute `Relu(x · W)` right.
final class NativeChecks {
    private static final float[] X = {1, 2, 3, -4};
    private static final float[] W = {1, 0, 1, -1};
    /// [1 2; 3 −4] · [1 0; 1 −1] = [3 −2; −1 4].
    private static final float[] EXPECTED = {3, 0, 0, 4};

    private NativeChecks() {}

    static List<Check> all() {
        return List.of(
                Check.attempt("libtorch", NativeChecks::libTorch),
                Check.attempt("onnxruntime", NativeChecks::onnxRuntime));
    }

    private static Check libTorch() throws IOException {
        String version = mavenVersion("org.bytedeco", "pytorch");
        try (Executor executor = Executor.compile(model(), EngineOptions.DEFAULT)) {
            String device = executor.isOnCuda() ? "CUDA" : "CPU (no CUDA device found)";
            return judged("libtorch", executor.run(input()), version + " on " + device);
        }
    }

    private static Check onnxRuntime() {
        try (OrtModel ort = OrtModel.open(OnnxWriter.toBytes(model()), 1)) {
            return judged("onnxruntime", ort.run(input()), OrtModel.version());
        }
    }

    private static Check judged(String name, Map<String, TensorData> outputs, String found) {
        TensorData y = outputs.get("y");
        if (y == null || !Arrays.equals(y.toFloats(), EXPECTED)) {
            return Check.failed(name, found + ": a small product came out wrong: " + outputs);
        }
        return Check.ok(name, found + ", self test passed");
    }

    private static Map<String, TensorData> input() {
        return Map.of("x", TensorData.ofFloats(X, 2, 2));
    }

    private static Model model() {
        Graph graph = new Graph(
                "self-test",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(2, 2))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(2, 2))),
                List.of(
                        Node.of("product", "MatMul", List.of("x", "w"), List.of("xw")),
                        Node.of("relu", "Relu", List.of("xw"), List.of("y"))),
                Map.of("w", TensorData.ofFloats(W, 2, 2)),
                List.of(),
                Details.NONE);
        return Model.of(graph, 13);
    }

    /// The version that a library's jar says it has.
    private static String mavenVersion(String group, String artifact) throws IOException {
        String resource = "/META-INF/maven/%s/%s/pom.properties".formatted(group, artifact);
        try (InputStream in = NativeChecks.class.getResourceAsStream(resource)) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown version");
        }
    }
}
