package ai.vernier.engine.op;

import ai.vernier.engine.ValueHook;
import ai.vernier.engine.tensor.HostTransfer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// The input tensors of one execution of a node. Absent optional inputs are counted but not there.
///
/// @param tensors null where the input is absent
/// @param constants host copies of constant integer inputs; null where the input is no such constant
/// @param hook the hook of the run, for nodes with sub-graphs
@SuppressWarnings("ArrayRecordComponent") // lives for one call; never compared
public record Inputs(
        @Nullable Tensor[] tensors,
        long[] @Nullable [] constants,
        @Nullable ValueHook hook) implements InputFacts {
    @Override
    public int size() {
        return tensors.length;
    }

    @Override
    public boolean has(int index) {
        return index < tensors.length && tensors[index] != null;
    }

    public Tensor at(int index) {
        Tensor tensor = index < tensors.length ? tensors[index] : null;
        if (tensor == null) {
            throw new IllegalArgumentException("input " + index + " is absent");
        }
        return tensor;
    }

    /// Input `index`, or null where it is absent.
    public @Nullable Tensor orNull(int index) {
        return index < tensors.length ? tensors[index] : null;
    }

    @Override
    public long[] dims(int index) {
        return HostTransfer.sizes(at(index));
    }

    @Override
    public double numel(int index) {
        return at(index).numel();
    }

    @Override
    public double[] reals(int index) {
        Tensor tensor = at(index);
        if (tensor.numel() == 1) {
            return new double[] {tensor.item().toDouble()};
        }
        float[] values = HostTransfer.floats(tensor);
        double[] reals = new double[values.length];
        for (int i = 0; i < reals.length; i++) {
            reals[i] = values[i];
        }
        return reals;
    }

    /// The elements of an integer input, on the host.
    @Override
    public long[] longs(int index) {
        long[] known = index < constants.length ? constants[index] : null;
        return known != null ? known : HostTransfer.longs(at(index));
    }

    /// The only element of a one-element integer input.
    public long scalar(int index) {
        long[] values = longs(index);
        if (values.length != 1) {
            throw new IllegalArgumentException("input %d has %d elements, expected 1".formatted(index, values.length));
        }
        return values[0];
    }
}
