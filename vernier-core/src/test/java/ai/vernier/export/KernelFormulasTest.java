package ai.vernier.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.OnnxRuntime;
import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.recipe.Plan;
import ai.vernier.simulate.Simulator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// That the simulation of single operators between byte grids equals ONNX Runtime's kernels on every code.
class KernelFormulasTest {
    private static final int CODES = 256;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void addIsEqualForAllPairsOfCodes(long seed) {
        assertEqual(seed, "Add", true);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void mulIsEqualForAllPairsOfCodes(long seed) {
        assertEqual(seed, "Mul", true);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void globalAveragePoolIsEqual(long seed) {
        assertEqual(seed, "GlobalAveragePool", false);
    }

    private static void assertEqual(long seed, String opType, boolean binary) {
        Random random = new Random(seed);
        IntegerFormat format = seed % 3 == 0 ? IntegerFormat.INT8 : IntegerFormat.UINT8;
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        for (String value : List.of("a", "b", "y")) {
            float scale = (0.01f + random.nextFloat() * 0.05f) * (value.equals("y") && opType.equals("Mul") ? 2 : 1);
            encodings.put(value, Encoding.perTensor(format, scale, random.nextLong(format.min(), format.max() + 1)));
        }
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        inputs.put("a", pairs(encodings, "a", binary));
        if (binary) {
            inputs.put("b", pairs(encodings, "b", true));
        } else {
            encodings.remove("b");
        }
        Model model = model(opType, inputs);
        QuantizedModel quantized = new QuantizedModel(model, new Plan(Map.of()), encodings);

        Model exported = new QdqExporter(Map.of()).export(quantized);
        float[] expected = Objects.requireNonNull(
                        OnnxRuntime.run(exported, inputs).get("y"))
                .toFloats();
        try (Simulator simulator = Simulator.compile(quantized, new EngineOptions(DeviceChoice.CPU, 1))) {
            float[] found =
                    Objects.requireNonNull(simulator.run(inputs).get("y")).toFloats();
            assertThat(differing(expected, found)).as("seed %d", seed).isEmpty();
        }
    }

    private static List<String> differing(float[] expected, float[] found) {
        return IntStream.range(0, expected.length)
                .filter(i -> expected[i] != found[i])
                .mapToObj(i -> "element %d is %s, expected %s".formatted(i, found[i], expected[i]))
                .toList();
    }

    private static Model model(String opType, Map<String, TensorData> inputs) {
        List<Value> values = inputs.entrySet().stream()
                .map(input -> Value.tensor(
                        input.getKey(),
                        DataType.FLOAT,
                        Shape.of(input.getValue().dims())))
                .toList();
        Shape output = opType.equals("GlobalAveragePool") ? Shape.of(1, CODES, 1, 1) : Shape.of(1, CODES, CODES, 1);
        Node node = Node.of("", opType, List.copyOf(inputs.keySet()), List.of("y"));
        Graph graph = new Graph(
                "g",
                values,
                List.of(Value.tensor("y", DataType.FLOAT, output)),
                List.of(node),
                Map.of(),
                List.of(),
                Details.NONE);
        return Model.of(graph, 13);
    }

    /// Every code of `a` beside every code of `b`; for the pool, rows of changing mixtures of codes.
    private static TensorData pairs(Map<String, Encoding> encodings, String value, boolean all) {
        Encoding encoding = Objects.requireNonNull(encodings.get(value));
        float[] reals = new float[CODES * CODES];
        for (int i = 0; i < reals.length; i++) {
            int row = i / CODES;
            int column = i % CODES;
            int mixed = row * 7 + column * column % (row + 1);
            int step = all ? (value.equals("a") ? row : column) : mixed % CODES;
            reals[i] = encoding.scale(0) * (encoding.minCode() + step - encoding.zeroPoint(0));
        }
        return all ? TensorData.ofFloats(reals, 1, CODES, CODES, 1) : TensorData.ofFloats(reals, 1, CODES, 16, 16);
    }
}
