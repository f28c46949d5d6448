package ai.vernier.bench.opsets;

import ai.vernier.engine.DeviceChoice;
import ai.vernier.engine.EngineOptions;
import ai.vernier.engine.Executor;
import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.UnsupportedModelException;
import ai.vernier.onnx.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// A valid node with one thing wrong: an input too few or too many, of another type or rank, with numbers out of range,
/// or such an attribute.
///
/// @param how what was changed, for messages
record Mutant(Model model, Map<String, TensorData> fed, String how) {
    private static final EngineOptions OPTIONS =
            new EngineOptions(DeviceChoice.CPU, 1).withLimits(1L << 30, Duration.ofSeconds(10));
    private static final Long[] ODD = {-1L, 0L, 100L, -100L, 1L << 33, Long.MAX_VALUE, Long.MIN_VALUE};

    static Mutant of(Sketch sketch) {
        Draw draw = sketch.draw;
        Model model = sketch.model(Map.of());
        Mutant valid = new Mutant(model, sketch.fed(), "");
        Node node = sketch.node();
        boolean onAttributes = !node.attributes().isEmpty() && (node.inputs().isEmpty() || draw.chance(0.4));
        if (onAttributes) {
            return valid.withNode(attribute(node, draw), "attribute");
        }
        if (node.inputs().isEmpty()) {
            return valid;
        }
        int index = draw.between(0, node.inputs().size() - 1);
        return switch (draw.between(0, 5)) {
            case 0 ->
                valid.withNode(
                        node.withInputs(node.inputs().subList(0, index)), "inputs from " + index + " on left out");
            case 1 -> valid.withNode(node.withInputs(without(node.inputs(), index)), "input " + index + " absent");
            case 2 -> valid.withNode(node.withInputs(more(node.inputs())), "one input more");
            case 3 -> valid.changed(node.inputs().get(index), value -> retyped(value, draw));
            case 4 -> valid.changed(node.inputs().get(index), value -> reshaped(value, draw));
            default -> valid.changed(node.inputs().get(index), value -> odd(value, draw));
        };
    }

    /// What is wrong with how the engine takes it; empty where it computes something or complains clearly.
    Optional<String> complaint() {
        try (Executor executor = Executor.compile(model, OPTIONS)) {
            executor.run(fed);
            executor.run(fed);
            return Optional.empty();
        } catch (InvalidInputException | UnsupportedModelException e) {
            String text = Texts.inOneLine(e);
            return Texts.isClear(text) ? Optional.empty() : Optional.of("unclear: " + text);
        } catch (RuntimeException e) {
            return Optional.of("fails: " + e);
        }
    }

    private Mutant withNode(Node node, String what) {
        return new Mutant(model.withGraph(model.graph().withNodes(List.of(node))), fed, what);
    }

    @FunctionalInterface
    private interface Change {
        TensorData of(TensorData value);
    }

    private Mutant changed(String input, Change change) {
        Graph graph = model.graph();
        Map<String, TensorData> initializers = new LinkedHashMap<>(graph.initializers());
        Map<String, TensorData> feeds = new LinkedHashMap<>(fed);
        initializers.computeIfPresent(input, (_, value) -> change.of(value));
        feeds.computeIfPresent(input, (_, value) -> change.of(value));
        List<Value> inputs = feeds.entrySet().stream()
                .map(entry -> Value.tensor(
                        entry.getKey(),
                        entry.getValue().dataType(),
                        Shape.of(entry.getValue().dims())))
                .toList();
        TensorData now = feeds.getOrDefault(input, initializers.get(input));
        return new Mutant(
                model.withGraph(graph.withInitializers(initializers).withInterface(inputs, graph.outputs())),
                feeds,
                input + " is " + now);
    }

    private static List<String> without(List<String> inputs, int index) {
        List<String> changed = new ArrayList<>(inputs);
        changed.set(index, "");
        return changed;
    }

    private static List<String> more(List<String> inputs) {
        List<String> changed = new ArrayList<>(inputs);
        changed.add(inputs.getFirst());
        return changed;
    }

    private static TensorData retyped(TensorData value, Draw draw) {
        DataType type = draw.of(
                DataType.FLOAT,
                DataType.INT64,
                DataType.BOOL,
                DataType.FLOAT16,
                DataType.INT8,
                DataType.DOUBLE,
                DataType.UINT16);
        return draw.tensor(type, value.dims());
    }

    private static TensorData reshaped(TensorData value, Draw draw) {
        long[] dims = value.dims();
        long[] changed = switch (draw.between(0, 3)) {
            case 0 -> new long[0];
            case 1 -> Arrays.copyOf(dims, Math.max(0, dims.length - 1));
            case 2 -> {
                long[] longer = Arrays.copyOf(dims, dims.length + 1);
                longer[dims.length] = draw.between(0, 3);
                yield longer;
            }
            default -> {
                long[] other = dims.clone();
                if (other.length > 0) {
                    other[draw.between(0, other.length - 1)] += draw.of(1L, 2L, 7L);
                }
                yield other;
            }
        };
        return draw.tensor(value.dataType(), changed);
    }

    /// Numbers far from what an index, an axis or an extent can be.
    private static TensorData odd(TensorData value, Draw draw) {
        if (!value.dataType().isInteger() || value.elementCount() == 0) {
            return Numbers.holdsReals(value.dataType()) ? draw.wild(value.dataType(), value.dims()) : value;
        }
        long[] values = value.toLongs();
        long odd = draw.of(ODD);
        boolean fits = value.dataType().bits() >= Long.SIZE
                || (odd >= (value.dataType().isSigned() ? -128 : 0)
                        && odd < 128
                        && value.dataType().bits() >= 8);
        values[draw.between(0, values.length - 1)] = fits ? odd : 1;
        return TensorData.ofIntegers(value.dataType(), values, value.dims());
    }

    private static Node attribute(Node node, Draw draw) {
        List<String> names = List.copyOf(node.attributes().keySet());
        String name = names.get(draw.between(0, names.size() - 1));
        Attribute changed = switch (Objects.requireNonNull(node.attributes().get(name))) {
            case Attribute.IntValue _ -> Attribute.of((long) draw.of(ODD));
            case Attribute.IntsValue(List<Long> list) -> Attribute.ofInts(odd(list, draw));
            case Attribute.StringValue _ -> Attribute.of("nonsense");
            case Attribute.FloatValue _ -> Attribute.of(draw.of(Float.NaN, Float.POSITIVE_INFINITY, -1e30f, 0f));
            case Attribute.FloatsValue(List<Float> list) ->
                new Attribute.FloatsValue(list.subList(0, draw.between(0, list.size())));
            default -> Attribute.of(3L);
        };
        if (draw.chance(0.2)) {
            Map<String, Attribute> fewer = new LinkedHashMap<>(node.attributes());
            fewer.remove(name);
            return node.withAttributes(fewer);
        }
        return node.withAttribute(name, draw.chance(0.15) ? Attribute.of("of another type") : changed);
    }

    private static long[] odd(List<Long> list, Draw draw) {
        long[] values = list.stream().mapToLong(Long::longValue).toArray();
        int kind = draw.between(0, 2);
        if (kind == 0 || values.length == 0) {
            return Arrays.copyOf(values, draw.between(0, values.length + 2));
        }
        values[draw.between(0, values.length - 1)] = draw.of(ODD);
        return values;
    }
}
