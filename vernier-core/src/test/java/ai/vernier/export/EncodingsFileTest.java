package ai.vernier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.Scheme;
import ai.vernier.recipe.Decision;
import ai.vernier.recipe.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncodingsFileTest {
    private static final Granularity PER_CHANNEL = new Granularity.PerChannel(0);

    @TempDir
    Path folder = Path.of("unset");

    @Test
    void offsetsAreThoseOfUnsignedCodes() {
        assertThat(offset(Encoding.perTensor(IntegerFormat.UINT8, 0.007843138f, 128)))
                .isEqualTo(-128);
        assertThat(offset(Encoding.perTensor(IntegerFormat.UINT8, 0.019991940f, 103)))
                .isEqualTo(-103);
        assertThat(offset(Encoding.perTensor(IntegerFormat.UINT8, 0.0503f, 0))).isZero();
        assertThat(offset(Encoding.perTensor(IntegerFormat.INT8, 0.01f, 0))).isEqualTo(-128);
        assertThat(offset(Encoding.perTensor(IntegerFormat.INT8, 0.01f, -28))).isEqualTo(-100);
        assertThat(offset(Encoding.perTensor(IntegerFormat.INT4, 0.1f, 0))).isEqualTo(-8);
        assertThat(offset(Encoding.perTensor(IntegerFormat.INT16, 0.0001f, 0))).isEqualTo(-32768);
        assertThat(offset(Encoding.perTensor(IntegerFormat.INT32, 1e-4f, 0))).isEqualTo(-2147483648L);
    }

    private static long offset(Encoding encoding) {
        return EncodingEntry.of("t", encoding).offsets().getFirst();
    }

    @Test
    void entriesGiveTheSameGridBack() {
        Encoding weights = new Encoding.Grid(IntegerFormat.INT8, PER_CHANNEL, -128, 127)
                .with(new float[] {0.01f, 0.02f}, new long[2]);

        assertThat(EncodingEntry.of("w", weights, 2, 3).encoding(true, PER_CHANNEL))
                .isEqualTo(weights);
    }

    @Test
    void blocksOfAMatrixAreChannelMajor() {
        Encoding blocks = new Encoding.Grid(IntegerFormat.INT4, new Granularity.PerGroup(0, 3), -8, 7)
                .with(new float[] {1, 2, 3, 4, 5, 6}, new long[6]);

        EncodingEntry.IntegerEntry entry = EncodingEntry.of("w", blocks, 9, 2);

        assertThat(entry.kind()).isEqualTo(EncodingEntry.Kind.PER_BLOCK);
        assertThat(entry.blockSize()).isEqualTo(3);
        assertThat(entry.scales()).containsExactly(1f, 3f, 5f, 2f, 4f, 6f);
    }

    @Test
    void writesActivationsAndParametersApart() throws IOException {
        Path file = folder.resolve("model.encodings");
        EncodingsFile.of(quantized(), "0.1").write(file);

        assertThat(file).hasContent("""
                {
                  "version" : "1.0.0",
                  "producer" : {
                    "package" : "vernier",
                    "version" : "0.1"
                  },
                  "excluded_layers" : [ "head" ],
                  "quantizer_args" : {
                    "activation_bitwidth" : 8,
                    "dtype" : "int",
                    "is_symmetric" : true,
                    "param_bitwidth" : 8,
                    "per_channel_quantization" : true,
                    "quant_scheme" : "mse"
                  },
                  "activation_encodings" : [ {
                    "name" : "x",
                    "enc_type" : "PER_TENSOR",
                    "dtype" : "INT",
                    "bw" : 8,
                    "is_sym" : true,
                    "scale" : [ 0.007843138 ],
                    "offset" : [ -128 ]
                  } ],
                  "param_encodings" : [ {
                    "name" : "w",
                    "enc_type" : "PER_CHANNEL",
                    "dtype" : "INT",
                    "bw" : 8,
                    "is_sym" : true,
                    "scale" : [ 0.01, 0.02 ],
                    "offset" : [ -128, -128 ]
                  }, {
                    "name" : "b",
                    "enc_type" : "PER_CHANNEL",
                    "dtype" : "INT",
                    "bw" : 32,
                    "is_sym" : true,
                    "scale" : [ 7.84E-5, 1.569E-4 ],
                    "offset" : [ -2147483648, -2147483648 ]
                  } ]
                }
                """);
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
        assertThat(EncodingsFile.read(file)).isEqualTo(EncodingsFile.of(quantized(), "0.1"));
    }

    private static QuantizedModel quantized() {
        Map<String, TensorData> initializers = new LinkedHashMap<>();
        initializers.put("w", TensorData.ofFloats(new float[6], 2, 3));
        initializers.put("b", TensorData.ofFloats(new float[2], 2));
        initializers.put("v", TensorData.ofFloats(new float[4], 2, 2));
        Graph graph = new Graph(
                "g",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(1, 3))),
                List.of(Value.tensor("y", DataType.FLOAT, Shape.of(1, 2))),
                List.of(
                        Node.of("body", "Gemm", List.of("x", "w", "b"), List.of("h")),
                        Node.of("head", "MatMul", List.of("h", "v"), List.of("y"))),
                initializers,
                List.of(),
                Details.NONE);
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        encodings.put("x", Encoding.perTensor(IntegerFormat.UINT8, 0.007843138f, 128));
        encodings.put(
                "w",
                new Encoding.Grid(IntegerFormat.INT8, PER_CHANNEL, -127, 127)
                        .with(new float[] {0.01f, 0.02f}, new long[2]));
        encodings.put(
                "b",
                new Encoding.Grid(
                                IntegerFormat.INT32, PER_CHANNEL, IntegerFormat.INT32.min(), IntegerFormat.INT32.max())
                        .with(new float[] {7.84e-5f, 1.569e-4f}, new long[2]));
        QuantSpec spec = QuantSpec.perTensor(IntegerFormat.UINT8, Scheme.ASYMMETRIC);
        Plan plan = new Plan(Map.of("x", new Decision.Calibrated(spec, "mse", "input")));
        return new QuantizedModel(Model.of(graph, 13), plan, encodings);
    }

    @Test
    void readsFloatAndLowPowerBlocks() throws IOException {
        Path file = folder.resolve("other.encodings");
        Files.writeString(file, """
                {"version":"1.0.0","excluded_layers":[],
                 "quantizer_args":{"activation_bitwidth":16,"dtype":"int","is_symmetric":true,"quant_scheme":"min_max"},
                 "activation_encodings":[
                  {"name":"x","enc_type":"PER_TENSOR","dtype":"INT","bw":16,"is_sym":false,"scale":[0.0001],"offset":[-32768]},
                  {"name":"z","enc_type":"PER_TENSOR","dtype":"FLOAT","bw":16}],
                 "param_encodings":[
                  {"name":"w1","enc_type":"PER_CHANNEL","dtype":"INT","bw":8,"is_sym":true,"scale":[0.01,0.02],"offset":[-128,-128]},
                  {"name":"w2","enc_type":"LPBQ","dtype":"INT","bw":8,"is_sym":true,"scale":[0.1,1.0],"offset":[-128,-128],
                   "block_size":3,"compressed_bw":4,"per_block_int_scale":[16,11,1,16,3,5]}]}
                """);

        EncodingsFile read = EncodingsFile.read(file);

        assertThat(read.activations().get(1)).isEqualTo(new EncodingEntry.FloatEntry("z", 16));
        assertThat(read.activations().getFirst()).isInstanceOfSatisfying(EncodingEntry.IntegerEntry.class, x -> {
            Encoding encoding = x.encoding(false, new Granularity.PerTensor());
            assertThat(encoding.zeroPoint(0)).isEqualTo(32768);
            assertThat(encoding.min(0)).isEqualTo(0.0001f * -32768.0);
        });
        assertThat(read.parameters().get(1)).isInstanceOfSatisfying(EncodingEntry.IntegerEntry.class, w2 -> {
            assertThat(w2.kind()).isEqualTo(EncodingEntry.Kind.PER_BLOCK);
            assertThat(w2.bits()).isEqualTo(4);
            assertThat(w2.scales()).containsExactly(1.6f, 1.1f, 0.1f, 16f, 3f, 5f);
            assertThat(w2.offsets()).containsOnly(-8L);
        });
    }

    @Test
    void refusesAnotherVersion() throws IOException {
        Path file = folder.resolve("old.encodings");
        Files.writeString(file, "{\"version\":\"0.6.1\",\"activation_encodings\":{},\"param_encodings\":{}}");

        assertThatThrownBy(() -> EncodingsFile.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("0.6.1");
    }

    @Test
    void listsAllProblems() throws IOException {
        Path file = folder.resolve("bad.encodings");
        Files.writeString(file, """
                {"version":"1.0.0","activation_encodings":[{"name":"x","enc_type":"PER_TENSOR","dtype":"INT","bw":99}],
                 "param_encodings":[{"name":"w","enc_type":"PER_CHANNEL","dtype":"INT","bw":8,"scale":[0.1,0.2],"offset":[0]}]}
                """);

        assertThatThrownBy(() -> EncodingsFile.read(file))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        e -> assertThat(e.problems()).hasSize(2));
    }
}
