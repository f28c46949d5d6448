package ai.vernier.passes;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.util.List;
import java.util.Optional;

/// The value of a `Constant` node, whichever of its attributes holds it.
final class ConstantNode {
    private ConstantNode() {}

    static boolean isOne(Node node) {
        return node.qualifiedType().equals("Constant");
    }

    /// Empty for sparse tensors.
    static Optional<TensorData> value(Node node) {
        return node.attributes().values().stream().findFirst().flatMap(ConstantNode::value);
    }

    private static Optional<TensorData> value(Attribute attribute) {
        return switch (attribute) {
            case Attribute.TensorValue(TensorData tensor) -> Optional.of(tensor);
            case Attribute.FloatValue(float value) -> Optional.of(TensorData.ofFloats(new float[] {value}));
            case Attribute.IntValue(long value) -> Optional.of(TensorData.ofLongs(new long[] {value}));
            case Attribute.StringValue(Bytes value) -> Optional.of(TensorData.ofStrings(List.of(value)));
            case Attribute.FloatsValue(List<Float> values) -> Optional.of(floats(values));
            case Attribute.IntsValue(List<Long> values) ->
                Optional.of(TensorData.ofLongs(
                        values.stream().mapToLong(Long::longValue).toArray(), values.size()));
            case Attribute.StringsValue(List<Bytes> values) -> Optional.of(TensorData.ofStrings(values, values.size()));
            default -> Optional.empty();
        };
    }

    private static TensorData floats(List<Float> values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return TensorData.ofFloats(array, array.length);
    }
}
