package ai.vernier.analyze;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.Value;
import java.util.function.Consumer;

/// Shapes of a graph's values as far as they follow from the model without running it.
///
/// Behind an operator without a rule here, the shapes that the file states are used.
final class ShapeInference {
    private ShapeInference() {}

    /// The facts about `graph` and, on demand, its sub-graphs.
    static ValueFacts of(Graph graph) {
        return complete(graph, new ValueFacts(graph, null));
    }

    /// Adds to `facts`, which may know shapes of inputs already, everything that follows.
    static ValueFacts complete(Graph graph, ValueFacts facts) {
        graph.initializers().forEach(facts::setConstant);
        graph.inputs().forEach(input -> state(input, facts));
        graph.valueInfos().forEach(value -> state(value, facts));
        graph.outputs().forEach(value -> state(value, facts));
        graph.nodes().forEach(node -> infer(node, facts));
        return facts;
    }

    private static void state(Value value, ValueFacts facts) {
        value.shape().ifPresent(shape -> facts.setStatedShape(value.name(), shape.sizes()));
    }

    private static void infer(Node node, ValueFacts facts) {
        if (node.outputs().isEmpty()) {
            return;
        }
        if (node.qualifiedType().equals("Constant")
                && node.attributes().get("value") instanceof Attribute.TensorValue(TensorData tensor)) {
            facts.setConstant(node.outputs().getFirst(), tensor);
            return;
        }
        NodeFacts known = new NodeFacts(node, facts);
        attempt(known, ShapeInference::shapes);
        attempt(known, IntegerElements::infer);
    }

    private static void shapes(NodeFacts node) {
        boolean _ = WindowShapes.infer(node)
                || MatrixShapes.infer(node)
                || MovementShapes.infer(node)
                || PointwiseShapes.infer(node)
                || ControlFlowShapes.infer(node);
    }

    /// Applies a rule; without result also where the node contradicts itself: whoever runs it says what is wrong.
    private static void attempt(NodeFacts node, Consumer<NodeFacts> rule) {
        try {
            rule.accept(node);
        } catch (Undetermined
                | InvalidInputException
                | IllegalArgumentException
                | IllegalStateException
                | UnsupportedOperationException
                | IndexOutOfBoundsException
                | ArithmeticException
                | ArrayStoreException
                | NegativeArraySizeException _) {
            return;
        }
    }
}
