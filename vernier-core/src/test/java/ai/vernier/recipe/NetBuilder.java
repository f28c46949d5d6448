package ai.vernier.recipe;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Small float models for tests: nodes are named as their first output.
final class NetBuilder {
    private final List<Value> inputs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, TensorData> initializers = new LinkedHashMap<>();

    NetBuilder input(String name, long... dims) {
        inputs.add(Value.tensor(name, DataType.FLOAT, Shape.of(dims)));
        return this;
    }

    /// An initializer of ones.
    NetBuilder weight(String name, long... dims) {
        float[] ones = new float[(int) TensorData.elementCount(dims)];
        Arrays.fill(ones, 1f);
        return constant(name, TensorData.ofFloats(ones, dims));
    }

    NetBuilder constant(String name, TensorData tensor) {
        initializers.put(name, tensor);
        return this;
    }

    /// A node from `Op a b -> c`; `-` stands for an absent input.
    NetBuilder node(String text) {
        return node(text, Map.of());
    }

    NetBuilder node(String text, Map<String, Attribute> attributes) {
        String[] sides = text.split(" -> ", -1);
        List<String> words = List.of(sides[0].split(" ", -1));
        List<String> read = words.subList(1, words.size()).stream()
                .map(word -> word.equals("-") ? "" : word)
                .toList();
        List<String> written = List.of(sides[1].split(" ", -1));
        nodes.add(Node.of(written.getFirst(), words.getFirst(), read, written).withAttributes(attributes));
        return this;
    }

    Model outputs(String... names) {
        List<Value> outputs = Arrays.stream(names)
                .map(name -> Value.tensor(name, DataType.FLOAT, new Shape(List.of())))
                .toList();
        Graph graph = new Graph("net", inputs, outputs, nodes, initializers, List.of(), Details.NONE);
        return Model.of(graph, 17);
    }
}
