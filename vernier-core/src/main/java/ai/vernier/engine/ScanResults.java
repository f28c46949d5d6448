package ai.vernier.engine;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.Shape;
import ai.vernier.onnx.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// What the trips through a sub-graph leave behind: the carried state, of which only the last is kept,
/// and one part of each scanned output per trip. Everything held here outlives the scope of its trip,
/// until [#close].
final class ScanResults implements AutoCloseable {
    private final Tensor[] state;
    private final boolean[] held;
    private final List<List<Tensor>> parts = new ArrayList<>();
    private final RunLimits limits;
    private long partBytes;

    /// @param initial the carried values before the first trip; they stay the caller's
    ScanResults(Tensor[] initial, int scanned, RunLimits limits) {
        this.limits = limits;
        this.state = initial.clone();
        this.held = new boolean[initial.length];
        for (int i = 0; i < scanned; i++) {
            parts.add(new ArrayList<>());
        }
    }

    Tensor[] state() {
        return state.clone();
    }

    /// Takes over the results of one trip: the carried values from index `first` on, then the scanned
    /// ones.
    void add(Tensor[] results, int first) {
        for (int i = 0; i < state.length; i++) {
            Tensor next = kept(results[first + i]);
            release(i);
            state[i] = next;
            held[i] = true;
        }
        for (int i = 0; i < parts.size(); i++) {
            Tensor part = kept(results[first + state.length + i]);
            parts.get(i).add(part);
            partBytes += part.nbytes();
            limits.hold("a sub-graph's results of all trips so far", part.nbytes());
        }
    }

    private static Tensor kept(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    /// The last carried values, for the caller's scope.
    Tensor last(int index) {
        return new Tensor(state[index]);
    }

    boolean isEmpty(int index) {
        return parts.get(index).isEmpty();
    }

    /// The parts of a scanned output side by side along a new axis, for the caller's scope.
    Tensor stacked(int index, long axis, boolean backwards) {
        List<Tensor> ordered = backwards ? parts.get(index).reversed() : parts.get(index);
        return torch.stack(new TensorVector(ordered.toArray(Tensor[]::new)), axis);
    }

    /// The scanned output of no trips at all, of the declared type: extent 0 along `axis`, and where the
    /// declaration is silent.
    static Tensor none(Value declared, long axis) {
        long[] part = declared.shape().map(Shape::sizes).orElse(new long[0]);
        List<Long> dims = new ArrayList<>();
        LongStream.of(part).map(size -> Math.max(size, 0)).forEach(dims::add);
        dims.add((int) (axis < 0 ? axis + part.length + 1 : axis), 0L);
        DataType type = declared.elementType().orElse(DataType.FLOAT);
        return torch.zeros(
                dims.stream().mapToLong(Long::longValue).toArray(), new TensorOptions(HostTransfer.carrier(type)));
    }

    private void release(int index) {
        if (held[index]) {
            state[index].close();
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < state.length; i++) {
            release(i);
        }
        limits.release(partBytes);
        parts.forEach(list -> list.forEach(Tensor::close));
    }
}
