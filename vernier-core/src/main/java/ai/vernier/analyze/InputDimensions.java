package ai.vernier.analyze;

import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What the extents that a model's inputs leave open are taken for. An open extent goes by its name, or by
/// `input:axis` where it has none.
///
/// @param given as the caller said
/// @param assumed first axes, which count samples, taken for one
/// @param open taken for nothing: what depends on them is unknown
public record InputDimensions(Map<String, Long> given, Map<String, Long> assumed, List<String> open) {
    public InputDimensions {
        given = Collections.unmodifiableMap(new LinkedHashMap<>(given));
        assumed = Collections.unmodifiableMap(new LinkedHashMap<>(assumed));
        open = List.copyOf(open);
    }

    /// Fixes the open extents of `model` as `asked`; of the others, first axes count one sample.
    ///
    /// @param asked extents ≥ 0 by name or `input:axis`
    /// @throws InvalidInputException with every name that is no open extent of an input, and every contradiction
    static InputDimensions of(Model model, Map<String, Long> asked) {
        List<Value> inputs = model.graph().requiredInputs();
        Map<String, Long> given = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        asked.forEach((name, extent) -> {
            Optional<String> key = key(name, inputs);
            if (key.isEmpty()) {
                problems.add(unknown(name, inputs));
            } else if (given.getOrDefault(key.get(), extent).longValue() != extent) {
                problems.add("dimension '%s': is taken for %d and for %d"
                        .formatted(key.get(), given.get(key.get()), extent));
            } else {
                given.put(key.get(), extent);
            }
        });
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
        return completed(inputs, given);
    }

    private static InputDimensions completed(List<Value> inputs, Map<String, Long> given) {
        Map<String, Long> assumed = new LinkedHashMap<>();
        for (Value input : inputs) {
            input.shape()
                    .filter(shape -> shape.rank() > 0)
                    .flatMap(shape -> key(input, 0))
                    .filter(key -> !given.containsKey(key))
                    .ifPresent(key -> assumed.put(key, 1L));
        }
        Set<String> open = new LinkedHashSet<>(keys(inputs));
        open.removeAll(given.keySet());
        open.removeAll(assumed.keySet());
        return new InputDimensions(given, assumed, new ArrayList<>(open));
    }

    /// The open extents of all inputs, in order.
    private static Set<String> keys(List<Value> inputs) {
        Set<String> keys = new LinkedHashSet<>();
        for (Value input : inputs) {
            int rank = input.shape().map(Shape::rank).orElse(0);
            for (int axis = 0; axis < rank; axis++) {
                key(input, axis).ifPresent(keys::add);
            }
        }
        return keys;
    }

    /// What an open extent goes by; empty where it is fixed.
    private static Optional<String> key(Value input, int axis) {
        return switch (input.shape().orElseThrow().dimensions().get(axis)) {
            case Dimension.Known _ -> Optional.empty();
            case Dimension.Symbolic(String name) -> Optional.of(name);
            case Dimension.Unknown() -> Optional.of(input.name() + ":" + axis);
        };
    }

    /// The open extent that the caller calls `name`.
    private static Optional<String> key(String name, List<Value> inputs) {
        if (keys(inputs).contains(name)) {
            return Optional.of(name);
        }
        return inputs.stream()
                .filter(input -> axis(name, input).isPresent())
                .findFirst()
                .flatMap(input -> key(input, axis(name, input).orElseThrow()));
    }

    /// The axis of `input` that `input:axis` names.
    private static Optional<Integer> axis(String name, Value input) {
        String prefix = input.name() + ":";
        int rank = input.shape().map(Shape::rank).orElse(0);
        if (!name.startsWith(prefix) || !name.substring(prefix.length()).matches("[0-9]{1,4}")) {
            return Optional.empty();
        }
        int axis = Integer.parseInt(name.substring(prefix.length()));
        return axis < rank ? Optional.of(axis) : Optional.empty();
    }

    private static String unknown(String name, List<Value> inputs) {
        Optional<Value> fixed =
                inputs.stream().filter(input -> axis(name, input).isPresent()).findFirst();
        if (fixed.isPresent()) {
            return "dimension '%s': is fixed, input '%s' is %s"
                    .formatted(name, fixed.get().name(), fixed.get().shape().orElseThrow());
        }
        Set<String> known = keys(inputs);
        return "dimension '%s': no input leaves it open; %s"
                .formatted(name, known.isEmpty() ? "all are fixed" : "open are " + String.join(", ", known));
    }

    /// `graph` with every extent that is given or assumed in its place, wherever its name occurs.
    Graph fix(Graph graph) {
        return new Graph(
                graph.name(),
                graph.inputs().stream().map(this::fix).toList(),
                graph.outputs().stream().map(this::fix).toList(),
                graph.nodes(),
                graph.initializers(),
                graph.valueInfos().stream().map(this::fix).toList(),
                graph.details());
    }

    private Value fix(Value value) {
        if (!(value.type() instanceof ValueType.TensorType(var elementType, Optional<Shape> shape))
                || shape.isEmpty()) {
            return value;
        }
        Shape fixed = shape.get();
        for (int axis = 0; axis < fixed.rank(); axis++) {
            Optional<Long> extent =
                    key(value, axis).flatMap(key -> Optional.ofNullable(given.getOrDefault(key, assumed.get(key))));
            if (extent.isPresent()) {
                fixed = fixed.with(axis, new Dimension.Known(extent.get()));
            }
        }
        return new Value(value.name(), new ValueType.TensorType(elementType, Optional.of(fixed)), value.details());
    }
}
