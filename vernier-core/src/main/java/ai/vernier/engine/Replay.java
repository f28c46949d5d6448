package ai.vernier.engine;

import ai.vernier.engine.tensor.HostTransfer;
import ai.vernier.engine.tensor.Kernel;
import ai.vernier.onnx.DataType;
import ai.vernier.onnx.TensorData;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// A program for inputs of the same types and shapes over and over: every tensor has its place, views are made once,
/// what depends on shapes alone is computed once, and the other steps are [Kernel]s that know all addresses. So a small
/// operator costs the tenth of a microsecond of one C call, where a step of [Program] costs allocations and handles.
final class Replay implements AutoCloseable {
    private final List<Feed> feeds;
    private final List<Step> steps;
    private final Tensor[] outputs;
    private final List<Tensor> owned;
    private final ReplayMemory memory;
    private final RunLimits limits;

    /// An input and its place.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Feed(String name, DataType type, long[] dims, MemorySegment place) {
        static Feed of(String name, TensorData data, Tensor tensor) {
            return new Feed(name, data.dataType(), data.dims(), bytes(tensor));
        }

        boolean fits(TensorData data) {
            return data.dataType() == type && Arrays.equals(data.dims(), dims);
        }
    }

    record Step(String label, Kernel kernel) {}

    /// A result has another shape than in the first run with these input shapes, because its shape depends on data.
    static final class ShapeChanged extends RuntimeException {
        private static final long serialVersionUID = 1;

        ShapeChanged() {
            super("a shape depends on data", null, false, false);
        }
    }

    /// Takes over all tensors and the memory.
    Replay(
            List<Feed> feeds,
            List<Step> steps,
            Tensor[] outputs,
            List<Tensor> owned,
            ReplayMemory memory,
            RunLimits limits) {
        this.feeds = feeds;
        this.steps = steps;
        this.outputs = outputs;
        this.owned = owned;
        this.memory = memory;
        this.limits = limits;
    }

    /// Whether LibTorch holds `type` in the bytes that a [TensorData] has.
    static boolean canFeed(DataType type) {
        return switch (type) {
            case FLOAT, DOUBLE, FLOAT16, BFLOAT16, INT64, UINT64, INT32, INT16, INT8, UINT8, BOOL -> true;
            default -> false;
        };
    }

    boolean fits(Map<String, TensorData> inputs) {
        if (inputs.size() != feeds.size()) {
            return false;
        }
        for (Feed feed : feeds) {
            TensorData data = inputs.get(feed.name);
            if (data == null || !feed.fits(data)) {
                return false;
            }
        }
        return true;
    }

    /// Runs on `inputs`, which must fit.
    ///
    /// @return the outputs, which stay this replay's and change with its next run
    /// @throws ShapeChanged where this replay is of no use for these inputs
    Tensor[] run(Map<String, TensorData> inputs) {
        for (Feed feed : feeds) {
            TensorData data = inputs.get(feed.name);
            if (data != null) {
                feed.place.copyFrom(data.bytes());
            }
        }
        for (Step step : steps) {
            limits.checkTime(step.label);
            step.kernel.run();
        }
        assert memory.isIntact() : "a kernel has written beside its result";
        return outputs;
    }

    /// What it occupies.
    long bytes() {
        return memory.bytes();
    }

    Tensor[] outputs() {
        return outputs;
    }

    @SuppressWarnings("restricted") // the tensor vouches for the address and the size
    static MemorySegment bytes(Tensor tensor) {
        long bytes = tensor.numel() * tensor.element_size();
        return bytes == 0
                ? MemorySegment.NULL
                : MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(bytes);
    }

    /// Whether both have the same type and sizes.
    static boolean isLike(Tensor a, Tensor b) {
        return a.dim() == b.dim()
                && a.scalar_type().intern() == b.scalar_type().intern()
                && Arrays.equals(HostTransfer.sizes(a), HostTransfer.sizes(b));
    }

    @Override
    public void close() {
        steps.forEach(step -> step.kernel.close());
        owned.forEach(Tensor::close);
        memory.close();
    }
}
