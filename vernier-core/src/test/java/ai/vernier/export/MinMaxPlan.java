package ai.vernier.export;

import ai.vernier.calibrate.QuantizedModel;
import ai.vernier.engine.ort.OrtModel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import ai.vernier.onnx.io.OnnxWriter;
import ai.vernier.quant.Encoding;
import ai.vernier.quant.Granularity;
import ai.vernier.quant.IntegerFormat;
import ai.vernier.quant.QuantSpec;
import ai.vernier.quant.RangeToEncoding;
import ai.vernier.quant.RealRange;
import ai.vernier.quant.Scheme;
import ai.vernier.recipe.Plan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// The simplest quantization there is, for tests: around every Conv, Gemm and MatMul with constant weights, the input
/// and the output (behind a Relu or Clip) on min-max grids of one batch, the weights symmetric, the bias int32.
final class MinMaxPlan {
    private static final Set<String> ACTIVATIONS = Set.of("Relu", "Clip");

    private final Model model;
    private final IntegerFormat activationFormat;
    private final IntegerFormat weightFormat;
    private final boolean perChannel;
    private final Set<String> activations = new LinkedHashSet<>();
    private final List<Node> layers = new ArrayList<>();
    private final Map<String, Encoding> encodings = new LinkedHashMap<>();

    private MinMaxPlan(Model model, IntegerFormat activations, IntegerFormat weights, boolean perChannel) {
        this.model = model;
        this.activationFormat = activations;
        this.weightFormat = weights;
        this.perChannel = perChannel;
    }

    static QuantizedModel w8a8(Model model, Map<String, TensorData> batch) {
        return new MinMaxPlan(model, IntegerFormat.UINT8, IntegerFormat.INT8, true).calibrate(batch);
    }

    static QuantizedModel of(
            Model model, Map<String, TensorData> batch, IntegerFormat activations, IntegerFormat weights) {
        return new MinMaxPlan(model, activations, weights, false).calibrate(batch);
    }

    private QuantizedModel calibrate(Map<String, TensorData> batch) {
        model.graph().nodes().forEach(this::planLayer);
        Map<String, TensorData> values = observe(batch);
        for (String activation : activations) {
            TensorData value = values.getOrDefault(activation, batch.get(activation));
            QuantSpec spec = QuantSpec.perTensor(activationFormat, Scheme.ASYMMETRIC);
            encodings.put(
                    activation,
                    RangeToEncoding.DEFAULT.encoding(
                            spec, range(Objects.requireNonNull(value).toFloats())));
        }
        layers.forEach(this::planConstants);
        return new QuantizedModel(model, new Plan(Map.of()), encodings);
    }

    private void planLayer(Node node) {
        boolean layer = Set.of("Conv", "Gemm", "MatMul").contains(node.opType())
                && model.graph().initializers().containsKey(node.inputs().get(1))
                && !model.graph().initializers().containsKey(node.inputs().get(0));
        if (!layer) {
            return;
        }
        layers.add(node);
        activations.add(node.inputs().getFirst());
        String output = node.outputs().getFirst();
        Optional<Node> activation =
                model.graph().uses().soleConsumer(output).filter(reader -> ACTIVATIONS.contains(reader.opType()));
        activations.add(activation.map(reader -> reader.outputs().getFirst()).orElse(output));
    }

    private Map<String, TensorData> observe(Map<String, TensorData> batch) {
        List<Value> outputs = new ArrayList<>(model.graph().outputs());
        for (String activation : activations) {
            boolean hidden = model.graph().uses().producer(activation).isPresent()
                    && outputs.stream().noneMatch(output -> output.name().equals(activation));
            if (hidden) {
                outputs.add(withoutShape(activation));
            }
        }
        Model observed =
                model.withGraph(model.graph().withInterface(model.graph().inputs(), outputs));
        try (OrtModel ort = OrtModel.open(OnnxWriter.toBytes(observed), 2)) {
            return ort.run(batch);
        }
    }

    private static Value withoutShape(String name) {
        return new Value(name, new ValueType.TensorType(DataType.FLOAT, Optional.empty()), Details.NONE);
    }

    private void planConstants(Node node) {
        String weight = node.inputs().get(1);
        TensorData value = Objects.requireNonNull(model.graph().initializers().get(weight));
        int axis = node.opType().equals("Conv") || node.intAttribute("transB", 0) == 1 ? 0 : value.rank() - 1;
        encodings.computeIfAbsent(weight, _ -> weightEncoding(value, axis));
        node.input(2)
                .filter(bias -> model.graph().initializers().containsKey(bias))
                .ifPresent(bias -> encodings.put(bias, biasEncoding(node)));
    }

    private Encoding weightEncoding(TensorData value, int axis) {
        Granularity granularity = perChannel ? new Granularity.PerChannel(axis) : new Granularity.PerTensor();
        QuantSpec spec = new QuantSpec(weightFormat, granularity, Scheme.SYMMETRIC);
        if (!perChannel) {
            return RangeToEncoding.DEFAULT.encoding(spec, range(value.toFloats()));
        }
        int channels = (int) value.dim(axis);
        float[] floats = value.toFloats();
        int inner = 1;
        for (int i = axis + 1; i < value.rank(); i++) {
            inner *= (int) value.dim(i);
        }
        double[] max = new double[channels];
        for (int i = 0; i < floats.length; i++) {
            int channel = i / inner % channels;
            max[channel] = Math.max(max[channel], Math.abs(floats[i]));
        }
        List<RealRange> ranges =
                Arrays.stream(max).mapToObj(each -> new RealRange(-each, each)).toList();
        return RangeToEncoding.DEFAULT.encoding(spec, ranges);
    }

    private Encoding biasEncoding(Node node) {
        Encoding input = Objects.requireNonNull(encodings.get(node.inputs().get(0)));
        Encoding weight = Objects.requireNonNull(encodings.get(node.inputs().get(1)));
        float[] scales = weight.scales();
        for (int i = 0; i < scales.length; i++) {
            scales[i] *= input.scale(0);
        }
        Granularity granularity = perChannel ? new Granularity.PerChannel(0) : new Granularity.PerTensor();
        IntegerFormat format = IntegerFormat.INT32;
        return new Encoding.Grid(format, granularity, format.min(), format.max()).with(scales, new long[scales.length]);
    }

    private static RealRange range(float[] values) {
        double min = 0;
        double max = 0;
        for (float value : values) {
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        return new RealRange(min, max);
    }
}
