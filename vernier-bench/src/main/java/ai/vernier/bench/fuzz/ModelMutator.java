package ai.vernier.bench.fuzz;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.Dimension;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import ai.vernier.onnx.ValueType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/// Changes one thing in a model that its meaning hangs on: an attribute, an operator, an edge, a shape, a type, a
/// constant.
final class ModelMutator {
    private final Random random;
    private final Oddities odd;

    ModelMutator(Random random) {
        this.random = random;
        this.odd = new Oddities(random);
    }

    Model mutate(Model model) {
        return random.nextInt(24) == 0
                ? model.withOpset("", 1 + random.nextInt(26))
                : model.withGraph(graph(model.graph()));
    }

    private Graph graph(Graph graph) {
        return switch (random.nextInt(12)) {
            case 0, 1, 2 -> constants(graph);
            case 3 -> declarations(graph);
            case 4 -> order(graph);
            case 5 -> odd.bomb(graph);
            default -> graph.nodes().isEmpty() ? graph : node(graph);
        };
    }

    private <T> T pick(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    // ---- nodes

    private Graph node(Graph graph) {
        List<Node> nodes = new ArrayList<>(graph.nodes());
        int at = random.nextInt(nodes.size());
        nodes.set(at, node(nodes.get(at), graph));
        return graph.withNodes(nodes);
    }

    private Node node(Node node, Graph graph) {
        return switch (random.nextInt(8)) {
            case 0 -> odd.retyped(node);
            case 1, 2, 3 -> edges(node, graph);
            default -> node.withAttributes(attributes(node, graph));
        };
    }

    private Node edges(Node node, Graph graph) {
        List<String> inputs = new ArrayList<>(node.inputs());
        List<String> outputs = new ArrayList<>(node.outputs());
        int at = inputs.isEmpty() ? 0 : random.nextInt(inputs.size());
        switch (inputs.isEmpty() ? 0 : random.nextInt(7)) {
            case 0 -> inputs.add(value(graph));
            case 1 -> inputs.remove(at);
            case 2 -> inputs.set(at, "");
            case 3 -> inputs.add(inputs.get(at));
            case 4 -> outputs.add("extra output " + random.nextInt());
            default -> inputs.set(at, value(graph));
        }
        return node.withInputs(inputs).withOutputs(outputs);
    }

    /// The name of some value, now and then of none.
    private String value(Graph graph) {
        List<String> names = new ArrayList<>(graph.initializers().keySet());
        graph.inputs().forEach(input -> names.add(input.name()));
        int early = Math.max(1, graph.nodes().size() / 2);
        graph.nodes().stream().limit(early).forEach(node -> names.addAll(node.outputs()));
        return names.isEmpty() || random.nextInt(30) == 0 ? "no such value" : pick(names);
    }

    private Map<String, Attribute> attributes(Node node, Graph graph) {
        Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
        if (attributes.isEmpty() || random.nextInt(6) == 0) {
            pick(graph.nodes()).attributes().forEach(attributes::putIfAbsent);
            attributes.put(odd.attributeName(), odd.attribute());
            return attributes;
        }
        String key = pick(List.copyOf(attributes.keySet()));
        if (random.nextInt(8) == 0) {
            attributes.remove(key);
        } else if (attributes.get(key) instanceof Attribute.GraphValue(Graph inner)) {
            attributes.put(key, new Attribute.GraphValue(graph(inner)));
        } else {
            attributes.computeIfPresent(key, (_, value) -> odd.changed(value));
        }
        return attributes;
    }

    private Graph order(Graph graph) {
        if (graph.nodes().size() < 2) {
            return graph;
        }
        List<Node> nodes = new ArrayList<>(graph.nodes());
        Node moved = nodes.remove(random.nextInt(nodes.size()));
        if (random.nextInt(3) > 0) {
            nodes.add(random.nextInt(nodes.size() + 1), moved);
        }
        return graph.withNodes(nodes);
    }

    // ---- constants and declarations

    private Graph constants(Graph graph) {
        if (graph.initializers().isEmpty()) {
            return declarations(graph);
        }
        Map<String, TensorData> initializers = new LinkedHashMap<>(graph.initializers());
        String name = pick(List.copyOf(initializers.keySet()));
        initializers.computeIfPresent(name, (_, tensor) -> odd.tensor(tensor));
        if (random.nextInt(10) == 0) {
            initializers.remove(name);
        }
        return graph.withInitializers(initializers);
    }

    private Graph declarations(Graph graph) {
        List<Value> inputs = new ArrayList<>(graph.inputs());
        List<Value> outputs = new ArrayList<>(graph.outputs());
        List<Value> chosen = random.nextInt(4) == 0 ? outputs : inputs;
        if (!chosen.isEmpty()) {
            int at = random.nextInt(chosen.size());
            chosen.set(at, declaration(chosen.get(at)));
        }
        return graph.withInterface(inputs, outputs);
    }

    private Value declaration(Value value) {
        DataType type = value.elementType().orElse(DataType.FLOAT);
        Optional<Shape> shape = value.shape();
        if (random.nextInt(3) == 0) {
            type = pick(List.of(DataType.values()));
        } else if (random.nextInt(6) == 0 || shape.isEmpty()) {
            shape = random.nextBoolean() ? Optional.empty() : Optional.of(Shape.of(odd.dims()));
        } else if (shape.get().rank() > 0) {
            shape = Optional.of(shape.get().with(random.nextInt(shape.get().rank()), dimension()));
        }
        return new Value(value.name(), new ValueType.TensorType(type, shape), Details.NONE);
    }

    private Dimension dimension() {
        return switch (random.nextInt(4)) {
            case 0 -> new Dimension.Unknown();
            case 1 -> new Dimension.Symbolic("N");
            default -> new Dimension.Known(Math.max(0, odd.integer()));
        };
    }

    /// Zeros of a type and shape.
    static TensorData zeros(DataType type, long... dims) {
        byte[] bytes = new byte[Math.toIntExact(type.sizeBytes(TensorData.elementCount(dims)))];
        return TensorData.ofBytes(type, MemorySegment.ofArray(bytes), dims);
    }
}
