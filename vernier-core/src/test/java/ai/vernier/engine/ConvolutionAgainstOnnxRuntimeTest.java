package ai.vernier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Convolutions of random geometry, followed by what the engine fuses with them.
class ConvolutionAgainstOnnxRuntimeTest {
    private static final int CASES = 10;

    /// Sums of up to 5 · 5 · 20 products of size ≈ 1 in another order, 2⁻²⁴ · 500 · a few.
    private static final float TOLERANCE = 1e-4f;

    /// @param inputs channels of one group
    /// @param outputs channels of one group
    private record Geometry(
            int batch,
            int groups,
            int inputs,
            int outputs,
            int height,
            int width,
            List<Long> kernel,
            List<Long> strides,
            List<Long> dilations,
            List<Long> pads) {
        static Geometry random(RandomGenerator random) {
            boolean depthwise = random.nextInt(3) == 0;
            int[] channels = {1, 3, 8, 16, 20};
            return new Geometry(
                    random.nextInt(1, 4),
                    depthwise ? 16 : random.nextInt(1, 3),
                    depthwise ? 1 : channels[random.nextInt(channels.length)],
                    depthwise ? 1 : channels[random.nextInt(channels.length)],
                    random.nextInt(12, 40),
                    random.nextInt(12, 40),
                    List.of((long) random.nextInt(1, 6), (long) random.nextInt(1, 6)),
                    List.of((long) random.nextInt(1, 3), (long) random.nextInt(1, 3)),
                    List.of((long) random.nextInt(1, 3), (long) random.nextInt(1, 3)),
                    List.of((long) random.nextInt(3), (long) random.nextInt(3), (long) random.nextInt(3), (long)
                            random.nextInt(3)));
        }

        long[] input() {
            return new long[] {batch, (long) groups * inputs, height, width};
        }

        long[] output() {
            return new long[] {batch, (long) groups * outputs, extent(0, height), extent(1, width)};
        }

        private long extent(int axis, int size) {
            long spanned = (kernel.get(axis) - 1) * dilations.get(axis) + 1;
            return (size + pads.get(axis) + pads.get(axis + 2) - spanned) / strides.get(axis) + 1;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Relu", "Clip", "HardSwish", "LeakyRelu", "Sigmoid", "Swish", "Add", "Add+Relu"})
    void convolutionsOfAnyGeometryWithAnyFollower(String follower) {
        Random random = new Random(follower.hashCode());
        for (int i = 0; i < CASES; i++) {
            Geometry geometry = Geometry.random(random);
            Model model = model(geometry, follower, random);
            Map<String, TensorData> inputs = inputs(geometry, follower, random);
            for (int threads = 1; threads <= 2; threads++) {
                assertSame(model, inputs, threads, follower + " " + geometry);
            }
        }
    }

    /// The third run is one of the caller's thread alone, to compare the durations.
    @Test
    void runsAloneGiveTheBitsOfSharedOnes() {
        Random random = new Random(5);
        Geometry geometry = new Geometry(
                4, 1, 32, 32, 24, 24, List.of(3L, 3L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L, 1L, 1L));
        Model model = model(geometry, "Swish", random);
        List<Map<String, TensorData>> inputs =
                List.of(inputs(geometry, "Swish", random), inputs(geometry, "Swish", random));
        try (Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, 2))) {
            List<TensorData> first = inputs.stream().map(x -> y(executor, x)).toList();
            for (int run = 2; run < 12; run++) {
                assertThat(y(executor, inputs.get(run % 2))).isEqualTo(first.get(run % 2));
            }
        }
    }

    private static TensorData y(Executor executor, Map<String, TensorData> inputs) {
        return Objects.requireNonNull(executor.run(inputs).get("y"));
    }

    private static void assertSame(Model model, Map<String, TensorData> inputs, int threads, String what) {
        try (OrtModel judge = OrtModel.open(OnnxWriter.toBytes(model), 1);
                Executor executor = Executor.compile(model, new EngineOptions(DeviceChoice.CPU, threads))) {
            TensorData expected = Objects.requireNonNull(judge.run(inputs).get("y"));
            TensorData actual = y(executor, inputs);
            assertThat(actual.dims()).as(what).isEqualTo(expected.dims());
            assertThat(actual.toFloats()).as(what).containsExactly(expected.toFloats(), within(TOLERANCE));
        }
    }

    private static Map<String, TensorData> inputs(Geometry geometry, String follower, RandomGenerator random) {
        TensorData x = random(random, geometry.input());
        return follower.startsWith("Add") ? Map.of("x", x, "r", random(random, geometry.output())) : Map.of("x", x);
    }

    private static Model model(Geometry geometry, String follower, RandomGenerator random) {
        List<Value> inputs = new ArrayList<>(List.of(value("x", geometry.input())));
        if (follower.startsWith("Add")) {
            inputs.add(value("r", geometry.output()));
        }
        int outputs = geometry.groups * geometry.outputs;
        Map<String, TensorData> constants = Map.of(
                "w", random(random, outputs, geometry.inputs, geometry.kernel.get(0), geometry.kernel.get(1)),
                "b", random(random, outputs),
                "low", TensorData.ofFloats(new float[] {-1}),
                "high", TensorData.ofFloats(new float[] {2}));
        List<Node> nodes = new ArrayList<>(List.of(convolution(geometry, follower.isEmpty() ? "y" : "c")));
        nodes.addAll(followers(follower));
        List<Value> results = List.of(value("y", geometry.output()));
        return Model.of(new Graph("g", inputs, results, nodes, constants, List.of(), Details.NONE), 14);
    }

    private static Node convolution(Geometry geometry, String output) {
        return Node.of("conv", "Conv", List.of("x", "w", "b"), List.of(output))
                .withAttribute("group", Attribute.of((long) geometry.groups))
                .withAttribute("strides", new Attribute.IntsValue(geometry.strides))
                .withAttribute("dilations", new Attribute.IntsValue(geometry.dilations))
                .withAttribute("pads", new Attribute.IntsValue(geometry.pads));
    }

    private static List<Node> followers(String follower) {
        return switch (follower) {
            case "" -> List.of();
            case "Clip" -> List.of(Node.of("f", "Clip", List.of("c", "low", "high"), List.of("y")));
            case "Swish" ->
                List.of(
                        Node.of("s", "Sigmoid", List.of("c"), List.of("s")),
                        Node.of("f", "Mul", List.of("c", "s"), List.of("y")));
            case "Add" -> List.of(Node.of("f", "Add", List.of("c", "r"), List.of("y")));
            case "Add+Relu" ->
                List.of(
                        Node.of("a", "Add", List.of("r", "c"), List.of("a")),
                        Node.of("f", "Relu", List.of("a"), List.of("y")));
            default -> List.of(Node.of("f", follower, List.of("c"), List.of("y")));
        };
    }

    private static Value value(String name, long... dims) {
        return Value.tensor(name, DataType.FLOAT, Shape.of(dims));
    }

    private static TensorData random(RandomGenerator random, long... dims) {
        float[] values = new float[Math.toIntExact(TensorData.elementCount(dims))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorData.ofFloats(values, dims);
    }
}
