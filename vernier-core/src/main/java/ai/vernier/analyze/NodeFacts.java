package ai.vernier.analyze;

import ai.vernier.onnx.Attribute;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Optional;

/// A node as the rules of shape inference see it. What is not known ends a rule with [Undetermined].
record NodeFacts(Node node, ValueFacts values) {
    String type() {
        return node.qualifiedType();
    }

    boolean has(int input) {
        return node.input(input).isPresent();
    }

    /// The extents of input `index`, −1 where one is open.
    long[] shape(int index) {
        return node.input(index).flatMap(values::shape).orElseThrow(Undetermined::new);
    }

    int rank(int index) {
        return shape(index).length;
    }

    /// The elements of a small integer input, all of them known.
    long[] integers(int index) {
        long[] elements = elements(index);
        if (Arrays.stream(elements).anyMatch(element -> element == ValueFacts.UNKNOWN)) {
            throw new Undetermined();
        }
        return elements;
    }

    /// The elements of a small integer input, [ValueFacts#UNKNOWN] where one is not known.
    long[] elements(int index) {
        return node.input(index).flatMap(values::elements).orElseThrow(Undetermined::new);
    }

    /// A constant input that is not empty.
    Optional<TensorData> constant(int index) {
        return node.input(index).flatMap(values::constant).filter(tensor -> tensor.elementCount() > 0);
    }

    /// What older opsets have as an attribute and newer ones as an input; empty where the node gives neither.
    Optional<long[]> given(String attribute, int input) {
        Optional<long[]> stated = node.intsAttribute(attribute);
        return stated.isPresent() || !has(input) ? stated : Optional.of(integers(input));
    }

    long number(String attribute, long otherwise) {
        return node.intAttribute(attribute, otherwise);
    }

    String text(String attribute, String otherwise) {
        return node.stringAttribute(attribute, otherwise);
    }

    Optional<float[]> reals(String attribute) {
        if (!(node.attributes().get(attribute) instanceof Attribute.FloatsValue(var values))) {
            return Optional.empty();
        }
        float[] reals = new float[values.size()];
        for (int i = 0; i < reals.length; i++) {
            reals[i] = values.get(i);
        }
        return Optional.of(reals);
    }

    /// An axis from 0 on; negative ones count from the end.
    static int axis(long axis, int rank) {
        long counted = axis < 0 ? axis + rank : axis;
        if (counted < 0 || counted >= rank) {
            throw new Undetermined();
        }
        return (int) counted;
    }

    int axis(String attribute, long otherwise, int rank) {
        return axis(number(attribute, otherwise), rank);
    }

    /// Notes the extents of output `index`.
    void is(int index, long... extents) {
        if (index < node.outputs().size()) {
            values.setShape(node.outputs().get(index), extents);
        }
    }
}
