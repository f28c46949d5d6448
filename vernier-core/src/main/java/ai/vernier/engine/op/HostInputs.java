package ai.vernier.engine.op;

import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Node;
import ai.vernier.onnx.TensorData;
import java.util.Arrays;
import java.util.Map;

/// The inputs of a node whose values are all known.
///
/// @param values by name, every input of the node that is not absent
public record HostInputs(Node node, Map<String, TensorData> values) implements InputFacts {
    public HostInputs {
        values = Map.copyOf(values);
    }

    @Override
    public int size() {
        return node.inputs().size();
    }

    @Override
    public boolean has(int index) {
        return node.input(index).isPresent();
    }

    private TensorData at(int index) {
        return node.input(index)
                .map(values::get)
                .orElseThrow(() -> new IllegalArgumentException("input %d is absent".formatted(index)));
    }

    @Override
    public long[] dims(int index) {
        return at(index).dims();
    }

    @Override
    public long[] longs(int index) {
        return at(index).toLongs();
    }

    @Override
    public double[] reals(int index) {
        TensorData tensor = at(index);
        if (tensor.dataType().isInteger()) {
            return Arrays.stream(tensor.toLongs()).asDoubleStream().toArray();
        }
        if (tensor.dataType() == DataType.DOUBLE) {
            return tensor.toDoubles();
        }
        float[] values = tensor.toFloats();
        double[] reals = new double[values.length];
        for (int i = 0; i < reals.length; i++) {
            reals[i] = values[i];
        }
        return reals;
    }
}
