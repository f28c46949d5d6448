package ai.vernier.simulate;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UseLists;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.Quantizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which nodes of a quantized graph run as integer kernels: those between 8-bit grids per tensor, as ONNX Runtime's
/// pattern matching decides on the exported QDQ model.
final class KernelMatch {
    /// ONNX Runtime drops a Clip whose bounds lie this close to the ends of the grid behind it.
    private static final double CLIP_TOLERANCE = Math.ulp(1f);

    /// The reciprocal of a smaller scale overflows.
    private static final float LEAST_SCALE = 1e-37f;

    private final Graph graph;
    private final UseLists uses;
    private final Map<String, Encoding> encodings;

    KernelMatch(Graph graph, Map<String, Encoding> encodings) {
        this.graph = graph;
        this.uses = graph.uses();
        this.encodings = encodings;
    }

    /// The 8-bit per-tensor grid of `value`; empty where it has none that an integer kernel takes.
    Optional<Encoding> byteGrid(String value) {
        return Optional.ofNullable(encodings.get(value))
                .filter(encoding -> encoding.granularity() instanceof Granularity.PerTensor)
                .filter(encoding -> encoding.format().bits() == 8)
                .filter(encoding -> encoding.minCode() == encoding.format().min())
                .filter(encoding -> encoding.maxCode() == encoding.format().max());
    }

    /// The value where the kernel of `node` writes its codes: the output itself, or that of a Relu or Clip which the
    /// grid behind it implies. Empty where neither has a grid of `format`.
    Optional<String> written(Node node, IntegerFormat format) {
        String output = node.outputs().getFirst();
        Optional<String> target = encodings.containsKey(output)
                ? Optional.of(output)
                : uses.soleConsumer(output)
                        .filter(this::isImpliedByItsGrid)
                        .map(activation -> activation.outputs().getFirst());
        return target.filter(value ->
                byteGrid(value).filter(grid -> grid.format().equals(format)).isPresent());
    }

    private boolean isImpliedByItsGrid(Node activation) {
        Optional<Encoding> grid = byteGrid(activation.outputs().getFirst());
        if (grid.isEmpty() || !activation.domain().isEmpty()) {
            return false;
        }
        double lowest = grid.get().min(0);
        return switch (activation.opType()) {
            case "Relu" -> lowest == 0;
            case "Clip" -> {
                double min = bound(activation, "min", 1, -Float.MAX_VALUE);
                double max = bound(activation, "max", 2, Float.MAX_VALUE);
                yield min - lowest <= CLIP_TOLERANCE && grid.get().max(0) - max <= CLIP_TOLERANCE;
            }
            default -> false;
        };
    }

    /// A bound of Clip, an attribute before opset 11 and an input since; NaN where it is computed.
    private double bound(Node clip, String name, int input, float otherwise) {
        if (clip.attributes().get(name) instanceof Attribute.FloatValue(float value)) {
            return value;
        }
        if (clip.input(input).isEmpty()) {
            return otherwise;
        }
        TensorData constant = graph.initializers().get(clip.inputs().get(input));
        return constant == null ? Double.NaN : constant.floatAt(0);
    }

    /// A node that adds products of integers.
    ///
    /// @param axis where the channels lie in the sum, counting from the end where negative
    /// @param channelScales scale(input) · scale(weight), one or one per channel
    /// @param mayStayFloat whether there is a kernel that dequantizes the sum where no grid follows
    record Sum(int axis, List<Float> channelScales, Encoding input, boolean mayStayFloat) {
        float[] scales() {
            float[] scales = new float[channelScales.size()];
            for (int i = 0; i < scales.length; i++) {
                scales[i] = channelScales.get(i);
            }
            return scales;
        }
    }

    /// `node` as a sum of products; empty where it is none that an integer kernel computes.
    Optional<Sum> sum(Node node) {
        if (!node.domain().isEmpty() || !hasAccumulatorBias(node)) {
            return Optional.empty();
        }
        return switch (node.opType()) {
            case "Conv" -> sum(node, 0, 1);
            case "Gemm" ->
                isPlain(node) ? sum(node, node.intAttribute("transB", 0) == 1 ? 0 : 1, -1) : Optional.empty();
            case "MatMul" -> sum(node, 1, -1);
            default -> Optional.empty();
        };
    }

    private static boolean isPlain(Node gemm) {
        return gemm.floatAttribute("alpha", 1) == 1
                && gemm.floatAttribute("beta", 1) == 1
                && gemm.intAttribute("transA", 0) == 0;
    }

    /// Whether there is no bias, or one that is stored as int32 and has one element per channel.
    private boolean hasAccumulatorBias(Node node) {
        if (node.input(2).isEmpty()) {
            return true;
        }
        String bias = node.inputs().get(2);
        Encoding encoding = encodings.get(bias);
        TensorData value = graph.initializers().get(bias);
        return encoding != null
                && value != null
                && encoding.format().equals(IntegerFormat.INT32)
                && (value.rank() == 1 || (value.rank() == 2 && value.dim(0) == 1));
    }

    /// The codes of a node's bias, each a float32 already before it was rounded to an integer; empty without a bias.
    float[] biasCodes(Node node) {
        if (node.input(2).isEmpty()) {
            return new float[0];
        }
        String bias = node.inputs().get(2);
        TensorData value = graph.initializers().get(bias);
        Encoding encoding = encodings.get(bias);
        if (value == null || encoding == null) {
            throw new IllegalStateException("'" + bias + "' is no quantized bias");
        }
        long[] codes = Quantizer.ONNX.quantize(value, encoding).toLongs();
        float[] floats = new float[codes.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = codes[i];
        }
        return floats;
    }

    private Optional<Sum> sum(Node node, int weightAxis, int axis) {
        Optional<Encoding> input = byteGrid(node.inputs().get(0));
        Encoding weight = encodings.get(node.inputs().get(1));
        if (input.isEmpty() || weight == null || !fits(input.get(), weight, weightAxis)) {
            return Optional.empty();
        }
        List<Float> scales = new ArrayList<>();
        for (float scale : weight.scales()) {
            scales.add(input.get().scale(0) * scale);
        }
        boolean invertible = scales.stream().allMatch(scale -> scale > LEAST_SCALE);
        return invertible ? Optional.of(new Sum(axis, scales, input.get(), axis < 0)) : Optional.empty();
    }

    /// Weights are stored in 8 bits, and unsigned weights need unsigned inputs.
    private static boolean fits(Encoding input, Encoding weight, int weightAxis) {
        int bits = weight.format().bits();
        boolean perTensor = weight.granularity() instanceof Granularity.PerTensor;
        return bits >= 5
                && bits <= 8
                && (!input.format().signed() || weight.format().signed())
                && (perTensor || weight.granularity().equals(new Granularity.PerChannel(weightAxis)));
    }
}
