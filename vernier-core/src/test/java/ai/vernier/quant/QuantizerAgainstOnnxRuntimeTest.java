package ai.vernier.quant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.io.OnnxWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// x → QuantizeLinear → q → DequantizeLinear → y in ONNX Runtime gives the same bits: ties, saturation,
/// infinities.
class QuantizerAgainstOnnxRuntimeTest {
    private static final long[] DIMS = {3, 37, 5};
    private static final int VALUES = 3 * 37 * 5;

    @ParameterizedTest
    @CsvSource({
        "int8, tensor", "uint8, tensor", "int16, tensor", "uint16, tensor", "int4, tensor", "uint4, tensor",
        "int8, 0", "uint8, 1", "int16, 2", "uint16, 1", "int4, 0", "uint4, 2",
        "int8, 1/8", "uint8, 1/37", "int16, 1/5", "int4, 0/2", "uint4, 2/2",
    })
    void givesTheSameBits(String type, String per) {
        IntegerFormat format = new IntegerFormat(Integer.parseInt(type.replaceAll("\\D", "")), type.startsWith("int"));
        for (int seed = 0; seed < 20; seed++) {
            Encoding encoding = encoding(format, granularity(per), new SplittableRandom(seed));
            TensorData x = values(encoding, new SplittableRandom(~seed));
            Map<String, TensorData> judged;
            try (OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model(encoding)), 1)) {
                judged = judge.run(Map.of("x", x));
            }
            TensorData codes = Quantizer.ONNX.quantize(x, encoding);
            if (format.bits() >= 8) {
                assertThat(Objects.requireNonNull(judged.get("q")).toLongs())
                        .as("seed %d: codes in %s", seed, encoding)
                        .isEqualTo(codes.toLongs());
            }
            assertThat(Objects.requireNonNull(judged.get("y")).toFloats())
                    .as("seed %d: reals in %s", seed, encoding)
                    .isEqualTo(Quantizer.ONNX.dequantize(codes, encoding).toFloats());
        }
    }

    private static Granularity granularity(String per) {
        if (per.equals("tensor")) {
            return new Granularity.PerTensor();
        }
        String[] parts = per.split("/", -1);
        int axis = Integer.parseInt(parts[0]);
        return parts.length == 1
                ? new Granularity.PerChannel(axis)
                : new Granularity.PerGroup(axis, Integer.parseInt(parts[1]));
    }

    private static Encoding encoding(IntegerFormat format, Granularity granularity, SplittableRandom random) {
        List<RealRange> ranges = new ArrayList<>();
        for (int i = 0; i < Granules.of(DIMS, granularity).count(); i++) {
            double size = Math.exp(random.nextDouble(-10, 10));
            ranges.add(new RealRange(-size * random.nextDouble(), size * random.nextDouble()));
        }
        return RangeToEncoding.DEFAULT.encoding(new QuantSpec(format, granularity, Scheme.ASYMMETRIC), ranges);
    }

    /// Values around the range, every third exactly between two codes, some far outside. Not farther than
    /// 2^31 steps: there ONNX Runtime 1.29 wraps around with blocks and with 4 bits, while the
    /// specification saturates.
    private static TensorData values(Encoding encoding, SplittableRandom random) {
        float[] values = new float[VALUES];
        Granules.of(DIMS, encoding.granularity()).forEachRun(run -> {
            for (int i = 0; i < run.length(); i++) {
                int granule = run.granule() + i * run.step();
                double steps = random.nextDouble(-1.5, 1.5) * encoding.format().max();
                double tie = random.nextInt(3) == 0 ? Math.rint(steps) + 0.5 : steps;
                double far = random.nextInt(20) == 0 ? 3000 : 1;
                values[run.start() + i] = (float) (tie * far) * encoding.scale(granule);
            }
        });
        values[0] = -0f;
        return TensorData.ofFloats(values, DIMS);
    }

    private static Model model(Encoding encoding) {
        DataType type = Quantizer.storageType(encoding.format());
        long[] parameters = parameterDims(encoding);
        List<Value> outputs = new ArrayList<>(List.of(Value.tensor("y", DataType.FLOAT, Shape.of(DIMS))));
        if (type.bits() >= 8) {
            outputs.add(Value.tensor("q", type, Shape.of(DIMS)));
        }
        Graph graph = new Graph(
                "judge",
                List.of(Value.tensor("x", DataType.FLOAT, Shape.of(DIMS))),
                outputs,
                List.of(
                        node("QuantizeLinear", "x", "q", encoding.granularity()),
                        node("DequantizeLinear", "q", "y", encoding.granularity())),
                Map.of(
                        "scale", TensorData.ofFloats(encoding.scales(), parameters),
                        "zero", TensorData.ofIntegers(type, encoding.zeroPoints(), parameters)),
                List.of(),
                Details.NONE);
        return Model.of(graph, 21);
    }

    private static long[] parameterDims(Encoding encoding) {
        return switch (encoding.granularity()) {
            case Granularity.PerTensor() -> new long[0];
            case Granularity.PerChannel(int axis) -> new long[] {DIMS[axis]};
            case Granularity.PerGroup(int axis, int size) -> {
                long[] dims = DIMS.clone();
                dims[axis] = Math.ceilDiv(dims[axis], size);
                yield dims;
            }
        };
    }

    private static Node node(String type, String from, String to, Granularity granularity) {
        Node node = Node.of(type, type, List.of(from, "scale", "zero"), List.of(to));
        return switch (granularity) {
            case Granularity.PerTensor() -> node;
            case Granularity.PerChannel(int axis) -> node.withAttribute("axis", new Attribute.IntValue(axis));
            case Granularity.PerGroup(int axis, int size) ->
                node.withAttribute("axis", new Attribute.IntValue(axis))
                        .withAttribute("block_size", new Attribute.IntValue(size));
        };
    }
}
