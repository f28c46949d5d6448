package ai.vernier.passes;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.ElementTypes;
import ai.vernier.onnx.Model;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.TensorData;
import ai.vernier.onnx.rewrite.GraphEditor;
import ai.vernier.onnx.rewrite.Pass;
import ai.vernier.onnx.rewrite.PassResult;
import ai.vernier.onnx.rewrite.Rule;
import ai.vernier.onnx.rewrite.RulePass;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// Removes nodes that hand their first input on unchanged: Identity, Dropout in inference, Cast to the type it reads,
/// joins of one value, and Transpose, Pad, Slice and Reshape that provably do nothing. Graph outputs keep their names.
public final class RemoveIdentities implements Pass {
    private static final String NAME = "RemoveIdentities";
    private static final Set<String> JOINS = Set.of("Concat", "Sum", "Max", "Min", "Mean");

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public PassResult apply(Model model) {
        ElementTypes types = ElementTypes.of(model.graph());
        Ranks ranks = Ranks.of(model.graph());
        return new RulePass<>(new Removal(types, ranks)).apply(model);
    }

    private record Removal(ElementTypes types, Ranks ranks) implements Rule<Node> {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Optional<Node> match(Node node, GraphEditor graph) {
            return Optional.of(node).filter(found -> found.domain().isEmpty() && doesNothing(found, graph));
        }

        private boolean doesNothing(Node node, GraphEditor graph) {
            return switch (node.opType()) {
                case "Identity", "Dropout" -> true;
                case "Cast" -> keepsType(node);
                case "Transpose" -> keepsOrder(node);
                case "Pad" ->
                    numbers(node, "pads", 1, graph).filter(Removal::allZero).isPresent();
                case "Slice" -> takesAll(node, graph);
                case "Reshape" -> keepsShape(node);
                default -> JOINS.contains(node.opType()) && node.inputs().size() == 1;
            };
        }

        private boolean keepsType(Node node) {
            long to = node.intAttribute("to", 0);
            return types.of(node.inputs().getFirst())
                    .filter(type -> type.number() == to)
                    .isPresent();
        }

        private static boolean keepsOrder(Node node) {
            return node.intsAttribute("perm")
                    .filter(perm -> IntStream.range(0, perm.length).allMatch(i -> perm[i] == i))
                    .isPresent();
        }

        private static boolean takesAll(Node node, GraphEditor graph) {
            boolean fromStart =
                    numbers(node, "starts", 1, graph).filter(Removal::allZero).isPresent();
            boolean toEnd = numbers(node, "ends", 2, graph)
                    .filter(ends -> Arrays.stream(ends).allMatch(end -> end >= Integer.MAX_VALUE))
                    .isPresent();
            boolean everyStep = node.input(4).isEmpty()
                    || numbers(node, "steps", 4, graph)
                            .filter(steps -> Arrays.stream(steps).allMatch(step -> step == 1))
                            .isPresent();
            return fromStart && toEnd && everyStep;
        }

        private boolean keepsShape(Node node) {
            Optional<Shape> before = ranks.of(node.inputs().getFirst());
            Optional<Shape> after = ranks.of(node.outputs().getFirst());
            return before.isPresent()
                    && after.isPresent()
                    && before.get().isStatic()
                    && before.get().equals(after.get());
        }

        /// Integers that older opsets have as an attribute, newer ones as a constant input.
        private static Optional<long[]> numbers(Node node, String attribute, int input, GraphEditor graph) {
            return node.intsAttribute(attribute)
                    .or(() -> node.input(input).flatMap(graph::constant).flatMap(TensorData::integers));
        }

        private static boolean allZero(long[] numbers) {
            return Arrays.stream(numbers).allMatch(number -> number == 0);
        }

        @Override
        public Optional<String> objection(Node node, GraphEditor graph) {
            return trainingObjection(node, graph)
                    .or(() -> node.outputs().stream()
                            .skip(1)
                            .filter(mask -> !mask.isEmpty())
                            .filter(mask -> graph.isGraphOutput(mask)
                                    || !graph.consumers(mask).isEmpty())
                            .map(mask -> "%s: its mask '%s' is read".formatted(node.label(), mask))
                            .findFirst())
                    .or(() -> graph.objectionToBypass(
                            node.outputs().getFirst(), node.inputs().getFirst()));
        }

        /// From opset 12 on an input says whether Dropout trains.
        private static Optional<String> trainingObjection(Node node, GraphEditor graph) {
            boolean mayTrain = node.opType().equals("Dropout")
                    && node.input(2).isPresent()
                    && node.input(2)
                            .flatMap(graph::constant)
                            .filter(mode -> mode.dataType() == DataType.BOOL
                                    && mode.elementCount() == 1
                                    && mode.toLongs()[0] == 0)
                            .isEmpty();
            return mayTrain ? Optional.of("%s may be in training mode".formatted(node.label())) : Optional.empty();
        }

        @Override
        public String rewrite(Node node, GraphEditor graph) {
            graph.bypass(node, node.outputs().getFirst(), node.inputs().getFirst());
            return "its readers read '%s'".formatted(node.inputs().getFirst());
        }
    }
}
