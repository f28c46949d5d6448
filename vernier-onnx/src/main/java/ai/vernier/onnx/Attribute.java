package ai.vernier.onnx;

import java.util.Arrays;
import java.util.List;

/// The value of a node's attribute; its name is the key in [Node#attributes()].
public sealed interface Attribute {
    record FloatValue(float value) implements Attribute {}

    record IntValue(long value) implements Attribute {}

    record StringValue(Bytes value) implements Attribute {}

    record TensorValue(TensorData value) implements Attribute {}

    record GraphValue(Graph value) implements Attribute {}

    record FloatsValue(List<Float> values) implements Attribute {
        public FloatsValue {
            values = List.copyOf(values);
        }
    }

    record IntsValue(List<Long> values) implements Attribute {
        public IntsValue {
            values = List.copyOf(values);
        }
    }

    record StringsValue(List<Bytes> values) implements Attribute {
        public StringsValue {
            values = List.copyOf(values);
        }
    }

    record TensorsValue(List<TensorData> values) implements Attribute {
        public TensorsValue {
            values = List.copyOf(values);
        }
    }

    record GraphsValue(List<Graph> values) implements Attribute {
        public GraphsValue {
            values = List.copyOf(values);
        }
    }

    /// Inside a function: the attribute `name` of the node that calls it. `typeNumber` is
    /// `AttributeProto.AttributeType`.
    record Reference(String name, int typeNumber) implements Attribute {}

    /// A sparse tensor or type attribute, as the bytes of its `AttributeProto` without the name.
    record OpaqueValue(Bytes encoded) implements Attribute {}

    static Attribute of(long value) {
        return new IntValue(value);
    }

    static Attribute of(float value) {
        return new FloatValue(value);
    }

    static Attribute of(String value) {
        return new StringValue(Bytes.utf8(value));
    }

    static Attribute of(TensorData value) {
        return new TensorValue(value);
    }

    static Attribute ofInts(long... values) {
        return new IntsValue(Arrays.stream(values).boxed().toList());
    }
}
