package ai.vernier.engine;

import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Compares what a caller feeds with what a graph declares, and complains about everything at once.
final class InputCheck {
    private InputCheck() {}

    /// @throws InvalidInputException listing every input that is missing, unknown or of the wrong type or shape
    static void check(Graph graph, Map<String, TensorData> fed) {
        List<String> problems = new ArrayList<>();
        Map<String, Value> declared = new LinkedHashMap<>();
        graph.inputs().forEach(input -> declared.put(input.name(), input));
        for (Value required : graph.requiredInputs()) {
            if (!fed.containsKey(required.name())) {
                problems.add("input '%s' is missing; the model needs %s"
                        .formatted(required.name(), names(graph.requiredInputs())));
            }
        }
        fed.forEach((name, tensor) -> {
            Value value = declared.get(name);
            if (value == null) {
                problems.add("input '%s' is unknown; the model has %s".formatted(name, names(graph.inputs())));
            } else {
                checkTensor(value, tensor, problems);
            }
        });
        if (!problems.isEmpty()) {
            throw new InvalidInputException(problems);
        }
    }

    private static List<String> names(List<Value> values) {
        return values.stream().map(Value::name).toList();
    }

    private static void checkTensor(Value value, TensorData tensor, List<String> problems) {
        value.elementType()
                .filter(type -> type != tensor.dataType())
                .ifPresent(type -> problems.add("input '%s' is %s, the model expects %s"
                        .formatted(value.name(), tensor.dataType().text(), type.text())));
        value.shape()
                .filter(shape -> !fits(shape, tensor.dims()))
                .ifPresent(shape -> problems.add("input '%s' has shape %s, the model expects %s"
                        .formatted(value.name(), Arrays.toString(tensor.dims()).replace(" ", ""), shape)));
    }

    private static boolean fits(Shape shape, long[] dims) {
        if (shape.rank() != dims.length) {
            return false;
        }
        for (int i = 0; i < dims.length; i++) {
            if (shape.dimensions().get(i) instanceof Dimension.Known(long size) && size != dims[i]) {
                return false;
            }
        }
        return true;
    }
}
