package ai.vernier.target;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What must hold of a node for an operator profile to apply to it.
public sealed interface Condition {
    boolean holds(Node node, Graph graph);

    /// An integer, float or string attribute has one of the `allowed` values, written as Java writes them.
    ///
    /// @param otherwise the value ONNX assumes where the attribute is absent
    record AttributeIs(String attribute, String otherwise, List<String> allowed) implements Condition {
        public AttributeIs {
            allowed = List.copyOf(allowed);
        }

        @Override
        public boolean holds(Node node, Graph graph) {
            Attribute value = node.attributes().get(attribute);
            return allowed.contains(value == null ? otherwise : text(value));
        }

        private static String text(Attribute value) {
            return switch (value) {
                case Attribute.IntValue(long number) -> Long.toString(number);
                case Attribute.FloatValue(float number) -> Float.toString(number);
                case Attribute.StringValue(var bytes) -> bytes.text();
                default -> "";
            };
        }
    }

    /// The axes, an attribute or (in newer opsets) a constant input 1, are one of `allowed`, written such as `2,3`.
    record AxesAre(List<String> allowed) implements Condition {
        public AxesAre {
            allowed = List.copyOf(allowed);
        }

        @Override
        public boolean holds(Node node, Graph graph) {
            return node.intsAttribute("axes")
                    .or(() -> node.input(1)
                            .flatMap(name ->
                                    Optional.ofNullable(graph.initializers().get(name)))
                            .flatMap(TensorData::integers))
                    .map(axes -> Arrays.stream(axes).mapToObj(Long::toString).collect(Collectors.joining(",")))
                    .filter(allowed::contains)
                    .isPresent();
        }
    }

    /// A group for every channel, going in and coming out: with the weight `[channels, 1, …]` in input 1, attribute
    /// `group` counts its first axis.
    record Depthwise() implements Condition {
        @Override
        public boolean holds(Node node, Graph graph) {
            return node.input(1)
                    .flatMap(name -> Optional.ofNullable(graph.initializers().get(name)))
                    .filter(weight -> weight.rank() > 1 && weight.dims()[1] == 1)
                    .filter(weight -> weight.dims()[0] == node.intAttribute("group", 1))
                    .isPresent();
        }
    }

    /// Input `index` is an initializer.
    record InputIsConstant(int index) implements Condition {
        @Override
        public boolean holds(Node node, Graph graph) {
            return node.input(index).filter(graph.initializers()::containsKey).isPresent();
        }
    }

    /// Input `index` is absent, or an initializer of nothing but zero bytes.
    record InputIsZero(int index) implements Condition {
        @Override
        public boolean holds(Node node, Graph graph) {
            return node.input(index)
                    .map(name -> graph.initializers().containsKey(name)
                            && isZero(graph.initializers().get(name)))
                    .orElse(true);
        }

        private static boolean isZero(TensorData tensor) {
            return tensor.bytes()
                    .elements(ValueLayout.JAVA_BYTE)
                    .allMatch(element -> element.get(ValueLayout.JAVA_BYTE, 0) == 0);
        }
    }
}
